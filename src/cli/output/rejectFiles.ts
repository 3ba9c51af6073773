// `etl rejects --out`: writes rejects to CSV files, to be corrected and loaded again.

import { stringify } from "csv-stringify/sync"
import { Effect, Path, Stream } from "effect"
import { textOf } from "../../csv/Text.ts"
import type { Format } from "../../domain/Format.ts"
import { describeInFull } from "../../domain/Reject.ts"
import { type RejectedFile, RejectRepo, type StoredReject } from "../../repo/RejectRepo.ts"
import { OutputFileError } from "../CommandError.ts"
import { formatOfEarlier, sameFormat } from "../usage/sameFormat.ts"
import { firstTaken, freeName, numbered, rejectNames } from "./freeName.ts"
import { makeOutputFiles } from "./outputFiles.ts"
import { existsAlready } from "./unwritable.ts"

/** The two files of one header and format: the records, and their reasons. */
export interface RejectFiles {
  readonly path: string
  readonly reasonsPath: string
  /** Records in the file. */
  readonly records: number
  /** Records that only the file of reasons has: too long to be kept whole. */
  readonly tooLong: number
  /** The flags under which the file is read as its records were, each after a space. */
  readonly flags: string
  /** Whether an earlier version loaded the records, and did not keep their delimiter. */
  readonly isEarlier: boolean
  /** The columns in which `A/B/YYYY` is month and day: the rejects alone may not show it. */
  readonly monthFirst: ReadonlyArray<string>
}

const lineEnds = { LF: "\n", CRLF: "\r\n", CR: "\r" } as const

/** Writes lines as the files of a format have them. */
const makeLines = ({ encoding, lineEnd, quote }: Format) => {
  const { encode, low, width } = textOf(encoding)
  const end = encode(lineEnds[lineEnd ?? "LF"])
  const ends = lineEnd === "CR" ? /\r\n|\r|\n/g : /\r\r\n|\r\n|\r|\n/g

  /** A character for each code unit. */
  const unitsOf = (bytes: Buffer): string =>
    width === 1 ? bytes.toString("latin1") : (low === 0 ? bytes : Buffer.from(bytes).swap16()).toString("utf16le")

  return {
    /** The bytes and a line end. Half a code unit, which the end of a file may cut off, would shift what follows it. */
    line: (bytes: Uint8Array): Buffer => Buffer.concat([bytes.subarray(0, bytes.length - (bytes.length % width)), end]),
    /** Physical lines, as files are read. */
    count: (lines: Buffer): number => unitsOf(lines).match(ends)?.length ?? 0,
    /** Whether a quote follows a backslash. */
    hasEscape: (lines: Buffer): boolean => quote !== null && unitsOf(lines).includes(`\\${quote}`),
  }
}

type Cell = string | number | null

/** Formulas are escaped: file names and messages of the database are not trusted. */
const toCsv = (rows: ReadonlyArray<ReadonlyArray<Cell>>): Uint8Array =>
  Buffer.from(
    stringify(
      rows.map((row) => [...row]),
      { escape_formulas: true },
    ),
  )

const reasonColumns = ["fix_line", "file", "line", "byte_offset", "length", "column", "reason"]

const reasonRows = (reject: StoredReject, fixLine: number | null): ReadonlyArray<ReadonlyArray<Cell>> =>
  reject.reasons.map((reason) => [
    fixLine,
    reject.file.uri,
    reject.line,
    reject.byteOffset,
    reject.length,
    reason.column,
    describeInFull({ ...reason, column: null }),
  ])

/** The names for each group, by number: `fix.csv` and `fix.reasons.csv`, `fix-2.csv` and `fix-2.reasons.csv`. */
const namesOf = (path: Path.Path, out: string, number: number) => rejectNames(path, numbered(path, out, number))

/** Refuses names of existing files, before anything is written. */
const checkNames = Effect.fnUntraced(function* (out: string, groups: number) {
  const path = yield* Path.Path
  const filesOf = (out: string) =>
    Array.from({ length: groups }, (_, index) => Object.values(namesOf(path, out, index + 1))).flat()
  const taken = yield* firstTaken(filesOf(out))
  if (taken === undefined) return
  return yield* new OutputFileError({ path: taken, message: existsAlready(taken, yield* freeName(out, filesOf)) })
})

/** Files with the same header, whose records are read in the same way. */
interface Group {
  readonly header: Uint8Array
  readonly format: Format
  readonly files: ReadonlyArray<RejectedFile>
}

const groupsOf = (files: ReadonlyArray<RejectedFile>): ReadonlyArray<Group> => {
  const withFormat = files.map((file) => {
    const format = file.format ?? formatOfEarlier(file.header)
    // Lines before the header are not written; the dates and widths of several files may be in one.
    return { file, format: { ...format, headerLine: 1, skipLines: null, monthFirst: [], widths: {} } }
  })
  const keyOf = ({ file, format }: (typeof withFormat)[number]): string =>
    JSON.stringify([Buffer.from(file.header).toString("latin1"), Object.entries(format).toSorted()])
  return [...Map.groupBy(withFormat, keyOf).values()].map((members) => ({
    header: members[0]!.file.header,
    format: members[0]!.format,
    files: members.map(({ file }) => file),
  }))
}

/**
 * Writes the rejects of the run's files to CSV files that can be loaded. Each header and format gets one: a byte order
 * mark where the files have one, the header as in the files (none where its names were given), then the records byte for
 * byte, each with a line end; and beside it a file with a row for each reason, in UTF-8. All are new, readable by their
 * owner only, and get their names when all are complete. Fails if a file cannot be written or the database fails, and
 * then leaves none.
 */
export const writeRejects = Effect.fn("writeRejects")(function* (
  out: string,
  runId: number,
  files: ReadonlyArray<RejectedFile>,
) {
  const repo = yield* RejectRepo
  const pathService = yield* Path.Path
  const groups = groupsOf(files)
  yield* checkNames(out, groups.length)
  const { create, publish } = yield* makeOutputFiles({ replaces: false, mode: 0o600 })
  const writeGroup = Effect.fnUntraced(function* ({ files, format, header }: Group, number: number) {
    const { path, reasonsPath } = namesOf(pathService, out, number)
    const fix = yield* create(path)
    const reasons = yield* create(reasonsPath)
    const lines = makeLines(format)
    const head = format.header === null ? lines.line(header) : Buffer.alloc(0)
    const mark = format.byteOrderMark ? textOf(format.encoding).byteOrderMark : new Uint8Array(0)
    yield* fix.write(Buffer.concat([mark, head]))
    yield* reasons.write(toCsv([reasonColumns]))
    let line = 1 + lines.count(head)
    let hasEscapes = false
    let records = 0
    let tooLong = 0
    yield* repo.read(runId, files).pipe(
      Stream.runForEachArray((rejects) => {
        const kept: Array<Uint8Array> = []
        const rows: Array<ReadonlyArray<Cell>> = []
        for (const reject of rejects) {
          const isCut = reject.raw.length < reject.length
          rows.push(...reasonRows(reject, isCut ? null : line))
          if (isCut) {
            tooLong++
            continue
          }
          const written = lines.line(reject.raw)
          kept.push(written)
          line += lines.count(written)
          hasEscapes ||= lines.hasEscape(written)
          records++
        }
        return Effect.andThen(fix.write(Buffer.concat(kept)), reasons.write(toCsv(rows)))
      }),
    )
    yield* fix.finish
    yield* reasons.finish
    const flags = sameFormat(format, header, hasEscapes)
    const isEarlier = files.some((file) => file.format === undefined)
    const monthFirst = [...new Set(files.flatMap(({ format }) => (format?.isExact === false ? format.monthFirst : [])))]
    return { path, reasonsPath, records, tooLong, flags, isEarlier, monthFirst } satisfies RejectFiles
  }, Effect.scoped)

  const written = yield* Effect.forEach(groups, (group, index) => writeGroup(group, index + 1))
  yield* publish
  return written
}, Effect.scoped)
