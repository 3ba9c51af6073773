// Loads the parts of a run through child workflows, and collects their outcomes.

import { Effect, Schema } from "effect"
import { ClusterRuns, type PartOfRun } from "../repo/ClusterRuns.ts"
import type { Attempt } from "../repo/RunRepo.ts"
import { checkWanted } from "./Job.ts"
import { LoadPart, PartOutcome, SplitFile } from "./LoadRun.ts"
import type { LoadedPart, Plan } from "./runActivities.ts"

/** The most children under way at once: some for every worker, and no burst for the engine. */
const maxUnderWay = 128

/** The part number of a file that is not split yet. */
const toBeSplit = -1

interface Child extends PartOfRun {
  readonly uri: string
}

const keyOf = ({ fileId, part }: PartOfRun): string => `${fileId}/${part}`

const childrenOf = ({ fileId, uri }: Omit<Child, "part">, parts: ReadonlyArray<number>): ReadonlyArray<Child> =>
  parts.map((part) => ({ fileId, uri, part }))

const decodeOutcome = Schema.decodeUnknownEffect(PartOutcome)

const begin = ({ attempt, runId }: Attempt, { fileId, part }: Child) =>
  part === toBeSplit
    ? SplitFile.execute({ runId, attempt, fileId }, { discard: true, detached: true })
    : LoadPart.execute({ runId, attempt, fileId, part }, { discard: true, detached: true })

/**
 * Loads the parts of a run, each by a child of its own, and returns their outcomes. May be repeated: outcomes are in
 * the database, and a child that was started is not started twice.
 *
 * One activity starts all children and polls the database for their outcomes. A workflow that waits for its children in
 * its body instead hangs where its shard moves to another worker (effect 4.1.0: in seven trials of seven when its
 * worker was stopped for longer than its lock lasts or ended by a signal, in two of three when a worker joined; in this
 * shape never in 36), and costs twice the processor time. That is neither of the issues 8312 and 8238 of Effect, which
 * did not appear in 300 executions of each kind.
 */
export const drive = Effect.fnUntraced(function* (attempt: Attempt, { files }: Plan) {
  const clusterRuns = yield* ClusterRuns
  const waiting = files.flatMap((file) => childrenOf(file, file.parts ?? [toBeSplit]))
  const underWay = new Map<string, Child>()
  const loaded: Array<LoadedPart> = []
  let isStopped = false

  /** Collects the outcomes of those children that have ended. Returns whether any has. */
  const collect = Effect.fnUntraced(function* (children: ReadonlyArray<Child>) {
    if (children.length === 0) return false
    const ended = yield* clusterRuns.outcomes(attempt, children)
    const byKey = new Map(children.map((child) => [keyOf(child), child]))
    for (const part of ended) {
      const child = byKey.get(keyOf(part))!
      underWay.delete(keyOf(part))
      const outcome = yield* Effect.orDie(decodeOutcome(part.outcome))
      if (outcome._tag === "Failed") return yield* outcome.failure
      if (outcome._tag === "Split") waiting.unshift(...childrenOf(child, outcome.parts))
      else {
        loaded.push({ uri: child.uri, loaded: outcome.loaded })
        isStopped ||= outcome.loaded.isStopped
      }
    }
    // Too many rejects: nothing more is started, and the parts under way stop by themselves.
    if (isStopped) waiting.length = 0
    return ended.length > 0
  })

  let pause = 50
  while (waiting.length > 0 || underWay.size > 0) {
    yield* checkWanted(attempt)
    // Those that ended in an earlier attempt of this activity are not started again.
    const next = waiting.splice(0, maxUnderWay - underWay.size)
    for (const child of next) underWay.set(keyOf(child), child)
    const hasEnded = yield* collect([...underWay.values()])
    yield* Effect.forEach(
      next.filter((child) => underWay.has(keyOf(child))),
      (child) => begin(attempt, child),
      { concurrency: 16, discard: true },
    )
    pause = hasEnded ? 50 : Math.min(pause * 2, 500)
    yield* Effect.sleep(pause)
  }
  return loaded
})
