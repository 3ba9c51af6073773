import { Flag } from "effect/cli"

/** A file or a directory by its path; standard input and output, which `-` means elsewhere, are none. */
const path = (name: string, kind: "file" | "directory", metavar: string) =>
  Flag.String(name).pipe(
    Flag.filter(
      (text) => text !== "" && text !== "-",
      (text) => `the name of a ${kind}${text === "-" ? ", which - is not here (./- is one of that name)" : ""}`,
    ),
    Flag.withMetavar(metavar),
  )

/** The path of a file. */
export const file = (name: string) => path(name, "file", "FILE")

/** The path of a directory. */
export const directory = (name: string) => path(name, "directory", "DIR")
