// What tsx needs to run nothing.
export {};
