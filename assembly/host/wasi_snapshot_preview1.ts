// The WASI functions that Lightspan needs; every Envoy has them. The file's name is the module name of the imports.

/** Fills `size` bytes at `at` with random bytes; 0 is success. */
export declare function random_get(at: usize, size: usize): u32;

/** Writes the number of the VM's environment variables, and the bytes of all of them, each with its final NUL. */
export declare function environ_sizes_get(count: usize, bytes: usize): u32;

/** Writes the addresses of all `NAME=value` texts into `list`, and the texts into `bytes`. */
export declare function environ_get(list: usize, bytes: usize): u32;
