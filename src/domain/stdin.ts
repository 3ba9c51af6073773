// Standard input: it can be read once, so each reading is a run, and a file, of its own.

/** The URI of standard input until a run reads it. */
export const stdinUri = "stdin:"

/** The URI of a source or of a file in the run that reads it: a reading of standard input has the run's number. */
export const uriInRun = (uri: string, runId: number): string => (uri === stdinUri ? `${uri}${runId}` : uri)

/** Whether the URI is that of a reading, which no call resumes. A dry run, whose number is 0, commits nothing. */
export const isReading = (uri: string): boolean => /^stdin:[1-9]\d*$/.test(uri)

/** What to do where a reading ended before the input did. */
export const giveAgain = "Standard input cannot be resumed: give the whole input again"
