// AssemblyScript names the module of an import by its file.
export declare function random_get(at: usize, size: usize): u32;
