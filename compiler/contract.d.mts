/** Bytes; the bar of the measures. */
export const MAX_SIZE: number;

/** What is wrong with a module's imports, exports and size, a line each; empty if nothing is. */
export function inspect(bytes: Uint8Array): Promise<string[]>;
