// Errors for what a person typed, as opposed to mistakes in the program.

/** A value that isn't allowed. The message names the flag, what was found and what is allowed. */
export class Refusal extends Error {
  /**
   * @param {string} flag
   * @param {string | undefined} found undefined if the value is missing
   * @param {string} allowed
   */
  constructor(flag, found, allowed) {
    super(`${flag}: ${found === undefined ? "is missing" : `found ${JSON.stringify(found)}`}; allowed: ${allowed}`);
  }
}
