// Inspects the files of a source, and joins those of one layout.

import { Effect, Result, Stream } from "effect"
import type { HeaderError } from "../csv/HeaderError.ts"
import { inspectSample } from "../csv/inspect/inspectSample.ts"
import type { Inspection, MappingObject } from "../csv/inspect/findings.ts"
import { layoutOf, mergeChecks, mergeInspections } from "../csv/inspect/mergeInspections.ts"
import { readBeginning } from "../csv/Sample.ts"
import type { ColumnMapping } from "../domain/ColumnMapping.ts"
import { isToFill } from "../domain/mappingSchema.ts"
import type { FormatOptions } from "../domain/FormatOptions.ts"
import type { SourceError, SourceFile } from "../domain/SourceFile.ts"
import { Source } from "../source/Source.ts"
import { readText } from "./decompress.ts"
import { headerErrorOf } from "./headerError.ts"

export interface InspectFilesOptions {
  /** To check. Undefined: one is proposed for each layout. */
  readonly mapping?: ColumnMapping | undefined
  readonly format: FormatOptions
  readonly maxRecordSize: number
}

/** A file, and what it has, or why that is not known: it cannot be read, or its header cannot be used. */
export interface InspectedFile {
  readonly file: SourceFile
  readonly result: Result.Result<Inspection, SourceError>
}

const filesAtOnce = 8

/** Reads the beginning of the file alone. */
const inspectFile = (source: Source["Service"], file: SourceFile, options: InspectFilesOptions) => {
  const { mapping, maxRecordSize } = options
  const ofHeader = (error: HeaderError): SourceError => headerErrorOf(file, error)
  return (file.problem === undefined ? readText(source, file, 0) : Stream.fail(file.problem)).pipe(
    readBeginning(maxRecordSize),
    Effect.map((beginning) =>
      inspectSample(beginning, { ...options, mapping, isLinked: file.isLinked }).pipe(Result.mapError(ofHeader)),
    ),
    Effect.flatMap(Effect.fromResult),
    Effect.result,
    Effect.map((result): InspectedFile => ({ file, result })),
  )
}

/** The files of the source, in its order: each by its first 8 MiB. An error of one fails no other. */
export const inspectFiles = (options: InspectFilesOptions): Stream.Stream<InspectedFile, SourceError, Source> =>
  Stream.unwrap(
    Effect.map(Source, (source) =>
      Stream.mapEffect(source.files, (file) => inspectFile(source, file, options), { concurrency: filesAtOnce }),
    ),
  )

/** Files of one layout. */
export interface Layout {
  /** At least one, each with its own inspection, by which a line of the file is known. */
  readonly files: ReadonlyArray<{ readonly file: SourceFile; readonly inspection: Inspection }>
  /** Of all of them. */
  readonly inspection: Inspection
}

/** The layouts of the files that could be inspected, in the order of their first files. */
export const layoutsOf = (inspected: ReadonlyArray<InspectedFile>): ReadonlyArray<Layout> => {
  const files = inspected.flatMap(({ file, result }) =>
    Result.isSuccess(result) ? [{ file, inspection: result.success }] : [],
  )
  return [...Map.groupBy(files, ({ inspection }) => layoutOf(inspection)).values()].map((files): Layout => {
    const [first, ...others] = files.map(({ inspection }) => inspection)
    return { files, inspection: mergeInspections([first!, ...others]) }
  })
}

/** What is said of the format, without what a person must fill in. */
const provedFormat = ({ format = {} }: MappingObject): FormatOptions => {
  const choices: Readonly<Record<string, unknown>> = format.choices ?? {}
  return Object.fromEntries(
    Object.entries(format).filter(([key, value]) => key !== "choices" && !isToFill(value, choices[key])),
  )
}

/**
 * The layout with what a load by the mapping of all its files would reject: files whose own mapping is another one are
 * read again. A file that such a load would refuse keeps its own check.
 */
export const checkTogether = Effect.fn("checkTogether")(function* (layout: Layout, options: InspectFilesOptions) {
  const { files, inspection } = layout
  const { object, proved } = inspection.mapping
  const isOwn = (own: Inspection): boolean => JSON.stringify(own.mapping.object) === JSON.stringify(object)
  if (options.mapping !== undefined || proved === null || files.every(({ inspection }) => isOwn(inspection)))
    return layout
  const source = yield* Source
  const together = { ...options, mapping: proved, format: { ...options.format, ...provedFormat(object) } }
  const checks = yield* Effect.forEach(
    files,
    ({ file, inspection: own }) =>
      isOwn(own)
        ? Effect.succeed(own.check)
        : Effect.map(inspectFile(source, file, together), ({ result }) =>
            Result.isSuccess(result) ? result.success.check : own.check,
          ),
    { concurrency: filesAtOnce },
  )
  return { files, inspection: { ...inspection, check: checks.reduce(mergeChecks, null) } } satisfies Layout
})
