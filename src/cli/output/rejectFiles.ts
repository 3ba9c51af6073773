// `etl rejects --out`: writes rejects to CSV files, to be corrected and loaded again.

import { stringify } from "csv-stringify/sync"
import { Effect, Path, Stream } from "effect"
import { type RejectedFile, RejectRepo, type StoredReject } from "../../repo/RejectRepo.ts"
import { OutputFileError } from "../CommandError.ts"
import { firstTaken, freeName, numbered, rejectNames } from "./freeName.ts"
import { makeOutputFiles } from "./outputFiles.ts"
import { existsAlready } from "./unwritable.ts"

/** The two files of one header: its records, and their reasons. */
export interface RejectFiles {
  readonly path: string
  readonly reasonsPath: string
  /** Records in the file. */
  readonly records: number
  /** Records that only the file of reasons has: too long to be kept whole. */
  readonly tooLong: number
}

const lineFeed = 0x0a
const carriageReturn = 0x0d
const newline = Uint8Array.of(lineFeed)

/** Physical lines of the bytes and a line feed, as files are read: lines end with LF, CRLF or CR. */
const physicalLines = (bytes: Uint8Array): number => {
  let count = 1
  for (let index = 0; index < bytes.length; index++) {
    const byte = bytes[index]
    const isPair = byte === carriageReturn && (bytes[index + 1] ?? lineFeed) === lineFeed
    if (byte === lineFeed || (byte === carriageReturn && !isPair)) count++
  }
  return count
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
  reject.reasons.map(({ column, message, detail }) => [
    fixLine,
    reject.file.uri,
    reject.line,
    reject.byteOffset,
    reject.length,
    column,
    detail === undefined ? message : `${message}: ${detail}`,
  ])

/** The names for each header, by number: `fix.csv` and `fix.reasons.csv`, `fix-2.csv` and `fix-2.reasons.csv`. */
const namesOf = (path: Path.Path, out: string, number: number) => rejectNames(path, numbered(path, out, number))

/** Refuses names of existing files, before anything is written. */
const checkNames = Effect.fnUntraced(function* (out: string, headers: number) {
  const path = yield* Path.Path
  const filesOf = (out: string) =>
    Array.from({ length: headers }, (_, index) => Object.values(namesOf(path, out, index + 1))).flat()
  const taken = yield* firstTaken(filesOf(out))
  if (taken === undefined) return
  return yield* new OutputFileError({ path: taken, message: existsAlready(taken, yield* freeName(out, filesOf)) })
})

const byHeader = (files: ReadonlyArray<RejectedFile>): ReadonlyArray<ReadonlyArray<RejectedFile>> => [
  ...Map.groupBy(files, ({ header }) => Buffer.from(header).toString("latin1")).values(),
]

/**
 * Writes the rejects of the run's files to CSV files that can be loaded. Each header gets one: the header as in the
 * files, then the records byte for byte, each with a line feed; and beside it a file with a row for each reason. All are
 * new, readable by their owner only, and get their names when all are complete. Fails if a file cannot be written or the
 * database fails, and then leaves none.
 */
export const writeRejects = Effect.fn("writeRejects")(function* (
  out: string,
  runId: number,
  files: ReadonlyArray<RejectedFile>,
) {
  const repo = yield* RejectRepo
  const pathService = yield* Path.Path
  const groups = byHeader(files)
  yield* checkNames(out, groups.length)
  const { create, publish } = yield* makeOutputFiles({ replaces: false, mode: 0o600 })
  const writeGroup = Effect.fnUntraced(function* (group: ReadonlyArray<RejectedFile>, number: number) {
    const { path, reasonsPath } = namesOf(pathService, out, number)
    const fix = yield* create(path)
    const reasons = yield* create(reasonsPath)
    const { header } = group[0]!
    yield* fix.write(Buffer.concat([header, newline]))
    yield* reasons.write(toCsv([reasonColumns]))
    let line = 1 + physicalLines(header)
    let records = 0
    let tooLong = 0
    yield* repo.read(runId, group).pipe(
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
          kept.push(reject.raw, newline)
          line += physicalLines(reject.raw)
          records++
        }
        return Effect.andThen(fix.write(Buffer.concat(kept)), reasons.write(toCsv(rows)))
      }),
    )
    yield* fix.finish
    yield* reasons.finish
    return { path, reasonsPath, records, tooLong } satisfies RejectFiles
  }, Effect.scoped)

  const written = yield* Effect.forEach(groups, (group, index) => writeGroup(group, index + 1))
  yield* publish
  return written
}, Effect.scoped)
