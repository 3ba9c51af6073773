// Which files of a folder or a bucket are read: their names decide.

/** Whether a file has the name of one that is read. */
export const isCsvName = (name: string): boolean => /\.csv(?:\.gz)?$/i.test(name)
