// The exit codes that the help of each command lists.

/** The meaning of each exit code of a command. */
export type ExitCodes = Readonly<Record<number, string>>

const defect = "a defect in the program"
const databaseFailed = "the database could not be reached, is in use, or could not be written"
const stillPending = "are still pending, whatever the reason (run etl locate)"

/** Of `etl run`. */
export const runExitCodes: ExitCodes = {
  0: "everything was loaded and every address answered",
  1: defect,
  2: "bad flags, bad configuration, bad column mapping",
  3: "finished; some records were rejected (etl rejects lists them)",
  4: "stopped: more records were rejected than --max-rejects allows",
  5: "the source or one of its files could not be read; the others are loaded",
  6: databaseFailed,
  7: `finished loading; addresses of this source ${stillPending}`,
  130: "interrupted; the same command resumes where it stopped, but not standard input",
}

/** Of a command that loads nothing. */
export const plainExitCodes: ExitCodes = {
  0: "done",
  1: defect,
  2: "bad flags, bad configuration; a file that cannot be written",
  6: databaseFailed,
  130: "interrupted",
}

/** Of `etl locate`. */
export const locateExitCodes: ExitCodes = {
  ...plainExitCodes,
  0: "every address is answered",
  2: "bad flags, bad configuration",
  7: `addresses ${stillPending}`,
  130: "interrupted; the same command resumes",
}

/** Of `etl worker`, which never ends by itself. */
export const workerExitCodes: ExitCodes = {
  1: defect,
  2: "bad flags, bad configuration, a port that is taken",
  6: `${databaseFailed}; or nothing was committed for --stall-timeout`,
  130: "interrupted; other workers continue its work",
}

/** Of `etl check`. */
export const checkExitCodes: ExitCodes = {
  0: "a run would find all that it needs",
  1: defect,
  2: "flags, configuration or column mapping are wrong",
  5: "the source or one of its files cannot be read",
  6: "the database cannot be used",
  130: "interrupted",
}

/** Of `etl inspect`. */
export const inspectExitCodes: ExitCodes = {
  0: "done, whatever the files have",
  1: defect,
  2: "bad flags, bad configuration, bad column mapping; a file of --out that exists or cannot be written",
  5: "the source or one of its files cannot be read",
  130: "interrupted",
}
