// Finds a name for --out that no file has yet.

import { Effect, FileSystem, Path } from "effect"
import { failAt } from "./outputFiles.ts"

/** `fix.csv`, `fix-2.csv`, `fix-3.csv`, ... */
export const numbered = ({ format, parse }: Path.Path, out: string, number: number): string => {
  const { dir, name, ext } = parse(out)
  return number === 1 ? out : format({ dir, name: `${name}-${number}`, ext })
}

/** The first of the files that exists. */
export const firstTaken = Effect.fnUntraced(function* (files: ReadonlyArray<string>) {
  const fs = yield* FileSystem.FileSystem
  for (const file of files) {
    if (yield* Effect.mapError(fs.exists(file), failAt(file))) return file
  }
})

/** The first numbered name whose files do not exist. `filesOf`: the files that a name stands for. */
export const freeName = Effect.fnUntraced(function* (
  out: string,
  filesOf: (name: string) => ReadonlyArray<string> = (name) => [name],
) {
  const path = yield* Path.Path
  let number = 2
  while ((yield* firstTaken(filesOf(numbered(path, out, number)))) !== undefined) number++
  return numbered(path, out, number)
})

const rejectsName = "fix.csv"

/** The files of `etl rejects --out`: records, and beside them their reasons. */
export const rejectNames = ({ format, parse }: Path.Path, records: string) => {
  const { dir, name } = parse(records)
  return { path: records, reasonsPath: format({ dir, name, ext: ".reasons.csv" }) }
}

/** A name to suggest for `etl rejects --out`: one that has no files, as far as this user can see. */
export const rejectsOut = Effect.gen(function* () {
  const path = yield* Path.Path
  const filesOf = (name: string) => Object.values(rejectNames(path, name))
  return (yield* firstTaken(filesOf(rejectsName))) === undefined ? rejectsName : yield* freeName(rejectsName, filesOf)
}).pipe(Effect.orElseSucceed(() => rejectsName))
