// The kinds of source of the command line. Another kind is a file and an entry here, before the one without a flag.

import { type Command, Flag } from "effect/cli"
import type { SourceReference } from "../cluster/LoadRun.ts"
import { isPattern, patternForm } from "../domain/pattern.ts"
import { mergeFlags, optional, required } from "./flags/documented.ts"
import type { CliSource } from "./sources/CliSource.ts"
import { local } from "./sources/local.ts"
import { s3 } from "./sources/s3.ts"
import { stdin } from "./sources/stdin.ts"
import { unknownReference } from "./sources/unknownReference.ts"

const list = [s3, stdin, local] as const

const ownFlags = mergeFlags(list)
type OwnFlags = Command.Command.Config.Infer<typeof ownFlags>

const path = Flag.String("source").pipe(Flag.withMetavar("PATH"))

const pattern = optional(
  Flag.String("pattern").pipe(
    Flag.filter(isPattern, () => patternForm),
    Flag.withMetavar("PATTERN"),
  ),
  "Files to read, also in subdirectories, by their paths below --source, such as 'dt=*/**/*.csv' (in quotes)",
  { unset: "usual names" },
)

/** The flags of `etl run` that name a source. */
export const sourceFlags = {
  source: required(
    path,
    "Directory with .csv or .tsv files, also .gz or .zst, one file, - (standard input), or with --aws a key prefix",
  ),
  pattern,
  ...ownFlags,
}
export type SourceFlags = Command.Command.Config.Infer<typeof sourceFlags>

/** The same for `etl check`, where the source is optional. */
export const checkedSourceFlags = {
  ...sourceFlags,
  source: optional(path, "Directory, file, or with --aws a key prefix to check", {
    unset: "no file is checked",
  }),
}

/** The flags of `etl worker` about sources. */
export const workerSourceFlags = mergeFlags(list.map(({ worker }) => worker))
type WorkerSourceFlags = Command.Command.Config.Infer<typeof workerSourceFlags>

export const sources: ReadonlyArray<CliSource<OwnFlags, WorkerSourceFlags>> = list

/** The kind of source that the flags, by their keys, select. */
export const chosenSource = (flags: Readonly<Record<string, unknown>>): (typeof sources)[number] =>
  sources.find(({ chosenBy }) => chosenBy === undefined || flags[chosenBy.flag] === chosenBy.value) ?? local

/** Opens the source of a run in a worker. */
export const openSource = (reference: SourceReference, worker: WorkerSourceFlags & { readonly host: string }) => {
  const kind = sources.find(({ tag }) => tag === reference._tag)
  return kind === undefined ? unknownReference(reference, worker.host) : kind.worker.open(reference, worker)
}
