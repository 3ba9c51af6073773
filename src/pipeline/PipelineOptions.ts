// The options of a run, and their bounds.

import { Duration, Effect, Option, Runtime, Schema, SchemaIssue } from "effect"
import { type ColumnMapping, isColumnMapping } from "../domain/ColumnMapping.ts"
import { FormatOptions } from "../domain/FormatOptions.ts"
import type { RejectLimit } from "../domain/RejectLimit.ts"
import { defaults } from "./defaults.ts"

/** Options are out of their bounds: nothing was started. */
export class PipelineOptionsError extends Schema.TaggedError<PipelineOptionsError>()("PipelineOptionsError", {
  message: Schema.String,
  problems: Schema.Array(Schema.Struct({ option: Schema.String, message: Schema.String })),
}) {
  override readonly [Runtime.errorExitCode] = 2
}

export interface PipelineOptions {
  readonly mapping: ColumnMapping
  /** What is known of the files' format; the rest is found in each. Default: nothing. */
  readonly format?: FormatOptions | undefined
  /** Records of a chunk, at most: 1 to 100,000. Default 1,000. */
  readonly chunkSize?: number | undefined
  /** Connections that write at once: 1 to 16. The tables are the same for any. Default 4. */
  readonly concurrency?: number | undefined
  /** Bytes of a record, at most: 1 KiB to 8 MiB. A longer one is rejected, and no more of it is kept. Default 1 MiB. */
  readonly maxRecordSize?: number | undefined
  /** The run stops when it has rejected more. Default 10%. */
  readonly maxRejects?: RejectLimit | undefined
  /** Loads files again that are loaded already. Default false. */
  readonly force?: boolean | undefined
  /** How long locating may take once the files are loaded. Default: until no address is pending. */
  readonly locateFor?: Duration.Input | undefined
  /** Answers of the service that are older are requested again, for addresses of the files. Default: never. */
  readonly locationsMaxAge?: Duration.Input | undefined
}

/** The options of a run, checked and complete. */
export interface RunOptions {
  readonly mapping: ColumnMapping
  readonly format: FormatOptions
  readonly chunkSize: number
  readonly concurrency: number
  readonly maxRecordSize: number
  readonly maxRejects: RejectLimit
  readonly force: boolean
  readonly locateFor: Duration.Duration | undefined
  readonly locationsMaxAge: Duration.Duration | undefined
}

const between = (minimum: number, maximum: number) => Schema.Int.check(Schema.isBetween({ minimum, maximum }))

const DurationInput = Schema.Unknown.check(
  Schema.makeFilter((value) => Option.isSome(Duration.fromInput(value as Duration.Input)) || "Expected a duration"),
)

const LocatingBounds = Schema.Struct({
  locateFor: Schema.UndefinedOr(DurationInput),
  locationsMaxAge: Schema.UndefinedOr(DurationInput),
})

const Bounds = Schema.Struct({
  mapping: Schema.Unknown.check(
    Schema.makeFilter(
      (value) => isColumnMapping(value) || "Expected what ColumnMapping.make or MappingFile.parse has made",
    ),
  ),
  format: FormatOptions,
  chunkSize: between(1, 100_000),
  concurrency: between(1, 16),
  maxRecordSize: between(1024, 8 * 1024 * 1024),
  maxRejects: Schema.Union([
    Schema.TaggedStruct("Records", { records: between(0, Number.MAX_SAFE_INTEGER) }),
    Schema.TaggedStruct("Percent", {
      percent: Schema.Finite.check(Schema.isBetween({ minimum: 0, maximum: 100 })),
    }),
  ]),
  force: Schema.Boolean,
  ...LocatingBounds.fields,
})

const standardIssues = SchemaIssue.makeFormatterStandardSchemaV1()

const toOptionsError = ({ issue }: Schema.SchemaError): PipelineOptionsError => {
  const problems = standardIssues(issue).issues.map(({ message, path = [] }) => ({
    option: path.map(String).join("."),
    message,
  }))
  const listed = problems.map(({ message, option }) => `${option}: ${message}`).join("; ")
  return new PipelineOptionsError({ problems, message: `Invalid options: ${listed}` })
}

const decode = Schema.decodeUnknownEffect(Bounds, { errors: "all" })
const decodeLocating = Schema.decodeUnknownEffect(LocatingBounds, { errors: "all" })

const toDuration = (input: Duration.Input | undefined): Duration.Duration | undefined =>
  input === undefined ? undefined : Duration.fromInputUnsafe(input)

/** Completes the options; fails with every one that is out of its bounds. */
export const complete = Effect.fnUntraced(function* (options: PipelineOptions) {
  const all = {
    mapping: options.mapping,
    format: options.format ?? {},
    chunkSize: options.chunkSize ?? defaults.chunkSize,
    concurrency: options.concurrency ?? defaults.concurrency,
    maxRecordSize: options.maxRecordSize ?? defaults.maxRecordSize,
    maxRejects: options.maxRejects ?? defaults.maxRejects,
    force: options.force ?? defaults.force,
    locateFor: options.locateFor,
    locationsMaxAge: options.locationsMaxAge,
  }
  yield* Effect.mapError(decode(all), toOptionsError)
  return {
    ...all,
    locateFor: toDuration(all.locateFor),
    locationsMaxAge: toDuration(all.locationsMaxAge),
  } satisfies RunOptions
})

export interface LocatingOptions {
  /** How long it may take. Default: as long as the queue requires. */
  readonly locateFor?: Duration.Input | undefined
  /** Answers that are older are requested again. Default: never. */
  readonly locationsMaxAge?: Duration.Input | undefined
}

/** The options of locating without a run; fails with every one that is out of its bounds. */
export const completeLocating = Effect.fnUntraced(function* ({ locateFor, locationsMaxAge }: LocatingOptions) {
  yield* Effect.mapError(decodeLocating({ locateFor, locationsMaxAge }), toOptionsError)
  return { locateFor: toDuration(locateFor), locationsMaxAge: toDuration(locationsMaxAge) }
})
