// The command that makes a column mapping for a file.

import { flag } from "../../text/shell.ts"
import { etl } from "../../text/etl.ts"

/** `people.mapping.json` for `/exports/people.csv.gz`; `column.mapping.json` for no file in particular. */
export const mappingName = (path: string): string => {
  const name = path.slice(path.lastIndexOf("/") + 1).replace(/(?:\.(?:csv|tsv|txt|gz|zst))+$/i, "")
  return `${name || "column"}.mapping.json`
}

/** The flags that name the file of a URI as the source; undefined: it can be read only once. */
const sourceOf = (uri: string): string | undefined => {
  const [, bucket, key = ""] = /^s3:\/\/([^/]*)\/(.*)$/s.exec(uri) ?? []
  if (bucket !== undefined) return `${flag("source", key)} --aws${flag("bucket", bucket)}`
  return uri.startsWith("/") ? flag("source", uri) : undefined
}

/** `etl inspect --source /exports/people.csv --out people.mapping.json`. */
export const inspectCommand = (uri: string): string | undefined => {
  const source = sourceOf(uri)
  return source && `${etl} inspect${source}${flag("out", mappingName(uri))}`
}
