// Every room that is measured; each does its work as many times as it is told.
export * from "./scan";
export * from "./parse";
export * from "./ids";
export * from "./inject";
export * from "./encode";
