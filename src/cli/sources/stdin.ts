// `--source -`: standard input, which is read once, by this process.

import { Effect, Option } from "effect"
import { isReading } from "../../domain/stdin.ts"
import { lazyLayer } from "../lazyLayer.ts"
import { check } from "../usage/CommandUsage.ts"
import type { CliSource } from "./CliSource.ts"
import { unknownReference } from "./unknownReference.ts"

const clusterChecks = [
  check<{ readonly source: string; readonly cluster: boolean; readonly aws: boolean }>()(
    ["source", "cluster", "aws"],
    ({ aws, cluster, source }) =>
      cluster && source === "-" && !aws
        ? "--source - (standard input) cannot be combined with --cluster: workers do not have it. Save it to a file, or omit --cluster."
        : undefined,
  ),
]

const checks = [
  check<{ readonly source: string; readonly pattern: Option.Option<string>; readonly aws: boolean }>()(
    ["source", "pattern", "aws"],
    ({ aws, pattern, source }) =>
      Option.isSome(pattern) && source === "-" && !aws
        ? "--pattern chooses files of a directory or a bucket: omit it with --source -."
        : undefined,
  ),
]

export const stdin = {
  tag: "Stdin",
  chosenBy: { flag: "source", value: "-" },
  flags: {},
  checks,
  clusterChecks,
  unchecked: "standard input, which only a run reads: --dry-run checks it",
  flagsOf: (uri) => (isReading(uri) ? "--source -" : undefined),
  layer: () =>
    lazyLayer(
      () => import("../../source/StdinSource.ts"),
      ({ layer }) => layer,
    ),
  // No run of a cluster has it.
  refer: () => ({ _tag: "Stdin" }),
  worker: {
    flags: {},
    open: (reference, { host }) => Effect.fail(unknownReference(reference, host)),
  },
} satisfies CliSource<unknown, unknown>
