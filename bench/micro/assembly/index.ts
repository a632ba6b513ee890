// All measured hot paths; each does its work `times` times.
export * from "./scan";
export * from "./parse";
export * from "./ids";
export * from "./inject";
export * from "./encode";
