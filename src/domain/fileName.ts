// Which files of a folder or a bucket are read: their names decide.

/** Whether a file has the name of one that is read. */
export const isCsvName = (name: string): boolean => /\.[ct]sv(?:\.(?:gz|zst))?$/i.test(name)

/** Hidden files, lock files of office programs, and downloads that have not ended. */
const strayNames = /^(?:\.|~\$)|\.(?:part|crdownload|download|tmp|filepart)$/i

/** What archives made on a Mac have beside the files. */
const macFolder = "__MACOSX"

/**
 * What becomes of a file of a folder or a bucket, by its path in it, with slashes: it is read, `skipped` as one that is
 * no export, or `leftOut`.
 */
export const fateOf = (path: string): "read" | "skipped" | "leftOut" => {
  const parts = path.split("/")
  if (strayNames.test(parts.at(-1)!) || parts.includes(macFolder)) return "skipped"
  return isCsvName(path) ? "read" : "leftOut"
}
