// Access to parsed YAML or JSON of unknown shape. Missing or unexpected parts read as empty.

/** @typedef {Record<string, unknown>} Fields */

/**
 * The fields of an object; none for any other value.
 * @param {unknown} value
 * @returns {Fields}
 */
export function fieldsOf(value) {
  return typeof value === "object" && value !== null ? { ...value } : {};
}

/**
 * The items of an array; none for any other value.
 * @param {unknown} value
 * @returns {unknown[]}
 */
export function itemsOf(value) {
  return Array.isArray(value) ? value : [];
}
