// What a thread of this package is started with.

/**
 * Options of Node for a thread: of those that this process has, how packages are found. Others, as --input-type or --eval, are for the
 * program that it runs.
 */
export const threadOptions = (): string[] =>
  process.execArgv.filter((option) => option.startsWith("--conditions="));
