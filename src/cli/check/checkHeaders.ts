// Checks the beginning of each file: whether its header fits the mapping, and which records would be rejected.

import { Effect, Redacted, Result } from "effect"
import { findFormat } from "../../csv/findFormat.ts"
import type { SampleCheck } from "../../csv/inspect/findings.ts"
import { sampleRejects } from "../../csv/inspect/sampleRejects.ts"
import { type Beginning, readBeginning } from "../../csv/Sample.ts"
import type { MappingFile } from "../../domain/MappingFile.ts"
import type { SourceFile } from "../../domain/SourceFile.ts"
import { readText } from "../../pipeline/decompress.ts"
import { headerErrorOf } from "../../pipeline/headerError.ts"
import { describeReading } from "../../pipeline/reportFormat.ts"
import type { Source } from "../../source/Source.ts"
import { formatNumber, plural } from "../../text/format.ts"
import { describeProblem } from "../output/inspection/formatCheck.ts"
import { type Finding, fromError, note, ok, wrong } from "./finding.ts"

/** Files whose headers are read. */
const filesRead = 1_000

/** Files that are named if their headers do not fit, or their records would be rejected. */
const filesNamed = 10

/** Reasons that are named for each. */
const reasonsNamed = 3

const filesAtOnce = 8

/** Bytes whose records are decoded: a few seconds' work. */
const mostBytes = 64 * 1024 * 1024

interface CheckFileOptions extends MappingFile {
  readonly maxRecordSize: number
}

interface CheckedFile {
  readonly name: string
  /** Why it cannot be read; empty: it can. */
  readonly findings: ReadonlyArray<Finding>
  /** How the file is read, where that is not plain, and which of its fields are not loaded. */
  readonly format: string | undefined
  /** Undefined: its records are not decoded. */
  readonly records: SampleCheck | undefined
}

/** `isDecoded`: whether its records still are. */
const checkBeginning = (
  file: SourceFile,
  beginning: Beginning,
  isDecoded: boolean,
  options: CheckFileOptions,
): Result.Result<CheckedFile, ReturnType<typeof headerErrorOf>> => {
  const { isLinked } = file
  return findFormat(beginning, { ...options, isLinked }).pipe(
    Result.map((header) => {
      const described = describeReading(header, file)
      return {
        name: file.name,
        findings: [],
        format: described.length === 0 ? undefined : `${file.name}: ${described.join("; ")}`,
        records: isDecoded ? sampleRejects(beginning, header, { ...options, isLinked }) : undefined,
      }
    }),
    Result.mapError((error) => headerErrorOf(file, error)),
  )
}

const makeCheckFile = (source: Source["Service"], options: CheckFileOptions) => {
  let bytes = 0
  return (file: SourceFile) =>
    readText(source, file, 0).pipe(
      readBeginning(options.maxRecordSize),
      Effect.flatMap((beginning) => {
        const isDecoded = bytes < mostBytes
        bytes += beginning.bytes.length
        return Effect.fromResult(checkBeginning(file, beginning, isDecoded, options))
      }),
      Effect.catch((error) =>
        Effect.map(fromError("headers", error), (found): CheckedFile => {
          const shown = "shown" in error && error.shown !== undefined ? Redacted.value(error.shown) : undefined
          const findings = [found, ...(shown === undefined ? [] : [note("headers", `${file.name}: ${shown}`)])]
          return { name: file.name, findings, format: undefined, records: undefined }
        }),
      ),
    )
}

/** What a load would reject of a file. */
const rejectsOf = ({ name, records }: CheckedFile): ReadonlyArray<Finding> => {
  if (records === undefined) return []
  const { blanked, otherHeader, rejected, rejects } = records
  const listed = (problems: SampleCheck["rejects"]) => problems.slice(0, reasonsNamed).map(describeProblem).join("; ")
  const count = formatNumber(rejected)
  const all = plural(records.records, "record")
  return [
    ...(otherHeader === null ? [] : [wrong("records", `${name}: ${otherHeader}`, 5)]),
    ...(rejected === 0 ? [] : [note("records", `${name}: ${count} of ${all} would be rejected: ${listed(rejects)}`)]),
    ...(blanked.length === 0 ? [] : [note("records", `${name}: values would be null: ${listed(blanked)}`)]),
  ]
}

const recordFindings = (files: ReadonlyArray<CheckedFile>): ReadonlyArray<Finding> => {
  const decoded = files.filter(({ records }) => records !== undefined)
  if (decoded.length === 0) return []
  const rejects = decoded.flatMap(rejectsOf)
  const others = rejects.length - filesNamed
  const count = decoded.reduce((sum, { records }) => sum + records!.records, 0)
  const where = files.length === decoded.length ? "" : ` of the first ${plural(decoded.length, "file")}`
  return [
    ...rejects.slice(0, filesNamed),
    ...(others > 0 ? [note("records", `${plural(others, "other finding")} of this kind`)] : []),
    ...(rejects.length === 0 ? [ok("records", `none of ${plural(count, "record")}${where} would be rejected`)] : []),
  ]
}

/** What is found in the beginnings of the files. */
export const checkHeaders = Effect.fnUntraced(function* (
  source: Source["Service"],
  files: ReadonlyArray<SourceFile>,
  options: CheckFileOptions,
) {
  const checked = yield* Effect.forEach(files.slice(0, filesRead), makeCheckFile(source, options), {
    concurrency: filesAtOnce,
  })
  const bad = checked.filter(({ findings }) => findings.length > 0)
  const formats = checked.flatMap(({ format }) => format ?? [])
  const others = formats.length - filesNamed
  const more = bad.length - filesNamed
  const described =
    files.length === 1
      ? "the file's header fits"
      : checked.length < files.length
        ? `the first ${formatNumber(checked.length)} of ${formatNumber(files.length)} headers fit`
        : `all ${formatNumber(files.length)} headers fit`
  return [
    ...bad.slice(0, filesNamed).flatMap(({ findings }) => findings),
    ...(more > 0 ? [wrong("headers", `${plural(more, "other file")} cannot be read either`, 5)] : []),
    ...formats.slice(0, filesNamed).map((text) => ok("format", text)),
    ...(others > 0 ? [ok("format", `${plural(others, "other file")} too`)] : []),
    ...(bad.length === 0 && checked.length > 0 ? [ok("headers", `${described} the mapping`)] : []),
    ...recordFindings(checked),
  ]
})
