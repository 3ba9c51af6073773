/** Columns of the terminal that stdout is; where it is none, nothing has to be left out. */
export const stdoutWidth = (): number => process.stdout.columns ?? Infinity
