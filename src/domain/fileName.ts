// Which files of a folder or a bucket are read: their names decide.

/**
 * What becomes of a file: it is `read`; `skipped` as one that is no export; an `archive`, which must be unpacked; or
 * one of the `others`.
 */
export type Fate = "read" | "skipped" | "archive" | "others"

/** Whether a file has the name of one that is read. */
export const isCsvName = (name: string): boolean => /\.[ct]sv(?:\.(?:gz|zst))?$/i.test(name)

/** Lock files of office programs, and downloads that have not ended. */
const strayNames = /^(?:~\$|\.~lock)|\.(?:part|crdownload|download|tmp|filepart)$/i

const archiveNames = /\.(?:zip|7z|rar|tar|tgz|xz|bz2|lz4|br)$/i

/** What archives made on a Mac have beside the files. */
const macFolder = "__MACOSX"

const isStray = (path: string): boolean => {
  const parts = path.split("/")
  return strayNames.test(parts.at(-1)!) || parts.includes(macFolder)
}

const isHidden = (path: string): boolean => path.startsWith(".", path.lastIndexOf("/") + 1)

/** The fate of a file by its path in the folder or bucket, with slashes. */
export const fateOf = (path: string): Fate => {
  if (isStray(path) || isHidden(path)) return "skipped"
  if (isCsvName(path)) return "read"
  return archiveNames.test(path) ? "archive" : "others"
}

/** The same under a pattern, which takes hidden files only if it `namesHidden`. */
export const fateUnder = (path: string, isTaken: boolean, namesHidden: boolean): Fate => {
  if (isStray(path) || (isHidden(path) && !(isTaken && namesHidden))) return "skipped"
  return isTaken ? "read" : "others"
}
