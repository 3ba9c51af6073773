// Checks everything that a run would use.

import { Effect, Layer, Option, Result } from "effect"
import type { MappingFile } from "../../domain/MappingFile.ts"
import * as EmbeddedFolder from "../../database/EmbeddedFolder.ts"
import * as PgDatabaseState from "../../postgres/PgDatabaseState.ts"
import { plural } from "../../text/format.ts"
import { chooseDatabase } from "../chooseDatabase.ts"
import type { CheckFlags } from "../flags/checkFlags.ts"
import { checkLocators, database, platform, source } from "../layers.ts"
import { locators } from "../locators.ts"
import { chosenSource } from "../sources.ts"
import type { readMapping } from "../Mapping.ts"
import { checkDatabase } from "./checkDatabase.ts"
import { checkLog, checkSource } from "./checkFiles.ts"
import { attempt, fromError, note, ok, skipped } from "./finding.ts"
import { ignoredSettings } from "./ignoredSettings.ts"
import { ignoredVariables } from "./ignoredVariables.ts"

const databaseOf = Effect.fnUntraced(function* (flags: CheckFlags) {
  const choice = yield* chooseDatabase(flags)
  if (choice._tag === "Embedded" && !(yield* EmbeddedFolder.isThere(choice.folder))) {
    return { _tag: "Absent", folder: choice.folder } as const
  }
  return { _tag: "Open", layer: PgDatabaseState.layer.pipe(Layer.provide(database(flags, 1))) } as const
})

/** The mapping, or why it cannot be used. */
type CheckedMapping = Result.Result<
  Effect.Success<ReturnType<typeof readMapping>>,
  Effect.Error<ReturnType<typeof readMapping>>
>

/** A line for each problem of a mapping. */
const mappingProblems = Effect.fnUntraced(function* (error: Result.Result.Failure<CheckedMapping>) {
  const found = yield* fromError("mapping", error)
  if (error._tag !== "ColumnMappingError" || error.problems.length < 2) return [found]
  return error.problems.map((problem) => ({ ...found, text: `${error.path}: ${problem}` }))
})

const sourceOf = Effect.fnUntraced(function* (flags: CheckFlags, file: Option.Option<MappingFile>) {
  if (Option.isNone(flags.source)) return [skipped("source", "none given: add --source")]
  const named = { ...flags, source: flags.source.value }
  const { unchecked } = chosenSource(named)
  if (unchecked !== undefined) return [skipped("source", unchecked)]
  return yield* checkSource(source(named).pipe(Layer.provide(platform)), file, flags.maxRecordSize)
})

export const findingsOf = Effect.fnUntraced(function* (flags: CheckFlags, mapping: CheckedMapping) {
  const chosen = locators.filter(({ name }) => flags.geo.includes(name))
  const quotas = yield* Effect.forEach(chosen, (locator) =>
    locator.kind === "service" ? locator.quota(flags) : Effect.succeedNone,
  )
  const ignored = yield* ignoredVariables
  return [
    ...(ignored === undefined ? [] : [note(".env", ignored)]),
    ...(yield* attempt("flags", Effect.as(checkLocators(flags), [ok("flags", "consistent")]))),
    yield* checkLog(flags.logfile),
    ...(Result.isSuccess(mapping)
      ? [ok("mapping", `${flags.mapping}: ${plural(mapping.success.mapping.size, "header")}`)]
      : yield* mappingProblems(mapping.failure)),
    ...(yield* ignoredSettings(flags)),
    ...(yield* checkDatabase(databaseOf(flags), Option.firstSomeOf(quotas))),
    ...(yield* sourceOf(flags, Result.getSuccess(mapping))),
    ...(yield* Effect.forEach(chosen, ({ findings }) => findings(flags))).flat(),
  ]
})
