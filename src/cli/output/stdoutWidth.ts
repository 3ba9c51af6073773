// The width of stdout.

/** Columns of the terminal; infinite for a pipe or a file, where nothing is omitted. */
export const stdoutWidth = (): number => process.stdout.columns ?? Infinity
