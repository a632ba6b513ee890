/** Upper bound on the module's size, in bytes. */
export const MAX_SIZE: number;

/** The complaints about a module's imports, exports and size, one per line; none if all is well. */
export function inspect(bytes: Uint8Array): Promise<string[]>;
