// Flags and arguments that name a run: `latest`, or its number.

import { Option } from "effect"
import { Argument, Flag } from "effect/cli"
import type { RunName } from "../../domain/RunRecord.ts"

export const parseRunName = (text: string): Option.Option<RunName> => {
  if (text === "latest") return Option.some(text)
  const id = /^\d+$/.test(text) ? Number(text) : 0
  return id > 0 && Number.isSafeInteger(id) ? Option.some(id) : Option.none()
}

const expectedRunName = "latest or a positive whole number"

/** A flag that names a run. */
export const runFlag = (name: string) =>
  Flag.String(name).pipe(
    Flag.filterMap(parseRunName, () => expectedRunName),
    Flag.withMetavar("RUN"),
  )

/** An argument that names a run. */
export const runArgument = (description: string) =>
  Argument.String("RUN").pipe(
    Argument.filterMap(parseRunName, () => expectedRunName),
    Argument.withDescription(description),
  )

export const clusterRun = runArgument("Run of the cluster: latest, or its number")
