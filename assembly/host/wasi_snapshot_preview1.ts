// The file's name is the imports' module name: the WASI functions that Lightspan needs, and every Envoy has.

/** Fills `size` bytes at `at` with random bytes; 0 is success. */
export declare function random_get(at: usize, size: usize): u32;

/** Writes how many environment variables the VM has, and the bytes of all of them with a NUL behind each. */
export declare function environ_sizes_get(count: usize, bytes: usize): u32;

/** Writes the addresses of all `NAME=value` texts into `list`, and the texts into `bytes`. */
export declare function environ_get(list: usize, bytes: usize): u32;
