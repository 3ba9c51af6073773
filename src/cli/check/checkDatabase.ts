// Checks the database, its tables, and how much of a quota is used.

import { Context, Effect, FileSystem, Layer, Option, Path } from "effect"
import { formatDuration, plural } from "../../text/format.ts"
import { DatabaseState, type TablesState } from "../../repo/DatabaseState.ts"
import { attempt, type Finding, note, ok, skipped, wrong } from "./finding.ts"

/** The database of a run. */
export type DatabaseParts<E> =
  | { readonly _tag: "Open"; readonly layer: Layer.Layer<DatabaseState, E> }
  /** `folder`: of the embedded database, which a run would create. */
  | { readonly _tag: "Absent"; readonly folder: string }

/** The name of a quota, and its requests in any minute; Infinity: the service reports them. */
export interface QuotaOfService {
  readonly provider: string
  readonly limit: number
}

const cannotWrite = 6

const cannotCreate = (parent: string): string =>
  `it cannot be created in ${parent}. Let this user write there, or name another with --embedded DIR`

const describeTables = (state: TablesState): ReadonlyArray<Finding> => {
  const { hasForeignUsers, isNewer, isReadOnly, isTooOld, lacking, missing, pending, version } = state
  const found: Array<Finding> = []
  const isWrong = (text: string) => found.push(wrong("tables", text, cannotWrite))
  if (isTooOld) isWrong(`the server is PostgreSQL ${version}, but 13 or newer is required`)
  if (isReadOnly) isWrong("the server accepts no writes: is it a standby?")
  if (missing.length > 0)
    isWrong(`missing: ${missing.join(", ")}. They were created before: restore them from a backup`)
  if (lacking.length > 0) isWrong(`the database user lacks ${lacking.join(", ")}: grant it`)
  if (found.length > 0) return found
  if (isNewer) return [note("tables", "a later version of this program has upgraded them")]
  if (pending === undefined) return [ok("tables", "ready")]
  if (hasForeignUsers) {
    return [
      note("tables", "there is a users table of another system: the first run adopts it, or reports why it cannot"),
    ]
  }
  return pending.first.startsWith("0001")
    ? [ok("tables", "none yet: the first run creates them")]
    : [ok("tables", `the next run upgrades them (${plural(pending.count, "migration")})`)]
}

const describeQuota = Effect.fnUntraced(function* (state: DatabaseState["Service"], quota: QuotaOfService) {
  const { exhaustedFor, permits } = yield* state.quota(quota.provider)
  const sent = Number.isFinite(quota.limit)
    ? `${permits} of ${plural(quota.limit, "request")}`
    : plural(permits, "request")
  const used = `${sent} used in the last minute`
  return exhaustedFor > 0
    ? [note("quota", `${used}; the service allows none for another ${formatDuration(exhaustedFor)}`)]
    : [ok("quota", used)]
})

/** Whether a run can create the folder. Creates nothing. */
const checkAbsent = Effect.fnUntraced(function* (folder: string) {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  let parent = path.dirname(path.resolve(folder))
  while (!(yield* Effect.orElseSucceed(fs.exists(parent), () => false)) && parent !== path.dirname(parent)) {
    parent = path.dirname(parent)
  }
  return yield* fs.access(parent, { writable: true }).pipe(
    Effect.andThen(fs.stat(parent)),
    Effect.filterOrFail(({ type }) => type === "Directory"),
    Effect.as(ok("database", `embedded, in ${folder}: the first run creates the folder`)),
    Effect.orElseSucceed(() => wrong("database", `embedded, in ${folder}: ${cannotCreate(parent)}`, cannotWrite)),
  )
})

export const checkDatabase = Effect.fnUntraced(
  function* <E, E2>(database: Effect.Effect<DatabaseParts<E>, E2>, quota: Option.Option<QuotaOfService>) {
    const parts = yield* database
    if (parts._tag === "Absent") {
      return [yield* checkAbsent(parts.folder), skipped("tables", "no database yet")]
    }
    const state = Context.get(yield* Layer.build(parts.layer), DatabaseState)
    return [
      ok("database", state.name),
      ...(yield* attempt("tables", Effect.map(state.tables, describeTables))),
      ...(Option.isSome(quota) ? yield* attempt("quota", describeQuota(state, quota.value)) : []),
    ]
  },
  (effect) =>
    Effect.map(attempt("database", effect), (found) =>
      found.some(({ check }) => check === "tables")
        ? found
        : [...found, skipped("tables", "the database must be reachable first")],
    ),
  Effect.scoped,
)
