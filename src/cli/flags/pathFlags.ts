// Flags that name a file or a directory.

import { Flag } from "effect/cli"

/** A path; not `-`, which means standard input or output elsewhere. */
const path = (name: string, kind: "file" | "directory", metavar: string) =>
  Flag.String(name).pipe(
    Flag.filter(
      (text) => text !== "" && text !== "-",
      (text) => `the name of a ${kind}${text === "-" ? " (- is not supported; a file of that name is ./-)" : ""}`,
    ),
    Flag.withMetavar(metavar),
  )

/** The path of a file. */
export const file = (name: string) => path(name, "file", "FILE")

/** The path of a directory. */
export const directory = (name: string) => path(name, "directory", "DIR")
