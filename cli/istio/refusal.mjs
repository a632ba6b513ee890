// What a person typed and cannot be done.

/** A value that is not allowed. The message names the flag, what was found and what is allowed. */
export class Refusal extends Error {
  /**
   * @param {string} flag
   * @param {string | undefined} found undefined if it is missing
   * @param {string} allowed
   */
  constructor(flag, found, allowed) {
    super(`${flag}: ${found === undefined ? "is missing" : `found ${JSON.stringify(found)}`}; allowed: ${allowed}`);
  }
}
