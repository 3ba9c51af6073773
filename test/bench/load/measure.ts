// Measures a row of `npm run bench`: both sides in turns.

import { Effect } from "effect"
import { query, root } from "../program.ts"
import { line } from "./line.ts"
import type { Load, Pair, Row } from "./Row.ts"
import * as Side from "./side.ts"

export interface Setting extends Side.Setting {
  /** Another checkout of the project, installed. */
  readonly baseline: string | undefined
  /** Of each row at most: an odd number. */
  readonly pairs: number
}

interface Other {
  readonly load: Load
  readonly program: Side.Program
  /** Whether both must store the same. */
  readonly storesTheSame: boolean
}

const ours: Side.Program = { checkout: root }

const otherOf = ({ against, load }: Row, baseline: string | undefined): Other | undefined => {
  if (against === "psql") return { load, program: "psql", storesTheSame: true }
  if (against !== "baseline") return against && { load: against, program: ours, storesTheSame: false }
  return baseline === undefined ? undefined : { load, program: { checkout: baseline }, storesTheSame: true }
}

const pair = Effect.fnUntraced(function* (setting: Setting, row: Row, index: number): Effect.fn.Return<Pair> {
  const other = otherOf(row, setting.baseline)
  const own = Side.measure(setting, row.load, ours)
  if (other === undefined) return { ours: yield* own }
  const their = Side.measure(setting, other.load, other.program)
  // Whoever comes second finds warmer caches.
  const [first, second] = yield* Effect.all(index % 2 === 0 ? [their, own] : [own, their])
  if (other.storesTheSame && first.digest !== second.digest) {
    return yield* Effect.die(new Error(`${row.name}: both have stored different users`))
  }
  return index % 2 === 0 ? { ours: second, theirs: first } : { ours: first, theirs: second }
})

const set = (setting: Setting, maxWalSize: string) =>
  Effect.forEach(
    [
      maxWalSize === "" ? "alter system reset max_wal_size" : `alter system set max_wal_size = '${maxWalSize}'`,
      "select pg_reload_conf()",
    ],
    (statement) => query(setting.server, "postgres", statement),
    { discard: true },
  ).pipe(Effect.orDie)

/** Its line of the table. */
export const measure = (setting: Setting, row: Row): Effect.Effect<string> => {
  const pairs = Effect.forEach(Array(Math.min(row.pairs ?? 5, setting.pairs)).keys(), (index) =>
    pair(setting, row, index),
  )
  return Effect.acquireUseRelease(
    set(setting, row.maxWalSize ?? ""),
    () => pairs,
    () => set(setting, ""),
  ).pipe(Effect.map((pairs) => line(row, Side.scaled(setting, row.load.input).records, pairs)))
}
