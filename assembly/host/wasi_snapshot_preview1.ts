// The file's name is the import's module name: the one WASI function that Lightspan needs, and every Envoy has.

/** Fills `size` bytes at `at` with random bytes; 0 is success. */
export declare function random_get(at: usize, size: usize): u32;
