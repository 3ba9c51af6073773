// The command that makes a column mapping for a file.

import { flag } from "../../text/shell.ts"
import { etl } from "../../text/etl.ts"

/**
 * `people.mapping.json` for `/exports/people.csv.gz`, `stdin.mapping.json` for standard input, `column.mapping.json` for
 * no file in particular.
 */
export const mappingName = (path: string): string => {
  const name = path.slice(path.lastIndexOf("/") + 1).replace(/(?:\.(?:csv|tsv|txt|gz|zst))+$|(?<=^stdin):\d*$/i, "")
  return `${name || "column"}.mapping.json`
}

/** A bucket and a key; undefined: the URI is of another source. */
const ofS3 = (uri: string): readonly [bucket: string, key: string] | undefined => {
  const [, bucket, key = ""] = /^s3:\/\/([^/]*)\/(.*)$/s.exec(uri) ?? []
  return bucket === undefined ? undefined : [bucket, key]
}

/** The value of --source for the file alone; undefined: it can be read only once. */
export const sourcePath = (uri: string): string | undefined => ofS3(uri)?.[1] ?? (uri.startsWith("/") ? uri : undefined)

/** `etl inspect --source /exports/people.csv --out people.mapping.json`. */
export const inspectCommand = (uri: string): string | undefined => {
  const source = sourcePath(uri)
  const [bucket] = ofS3(uri) ?? []
  if (source === undefined) return undefined
  const ofBucket = bucket === undefined ? "" : ` --aws${flag("bucket", bucket)}`
  return `${etl} inspect${flag("source", source)}${ofBucket}${flag("out", mappingName(uri))}`
}
