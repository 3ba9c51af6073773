// An .mmdb file: checked without reading it whole, then opened for look-ups.

import { Effect, FileSystem, Option, type PlatformError, Runtime, Schema } from "effect"
import { Reader } from "mmdb-lib"
import { parseMetadata } from "mmdb-lib/lib/metadata.js"
import { makeMeasure, RecordTooLarge } from "./bounds.ts"
import { SearchTree } from "./SearchTree.ts"
import { childrenOf, outermostRecord } from "./tree.ts"

/**
 * An .mmdb file cannot be used. `reason`: it does not exist, or may not be read; it is no .mmdb file, or not whole.
 * `notInstalled`: no file is named, and the package that has some is missing; then `file` is its name.
 */
export class MmdbError extends Schema.TaggedError<MmdbError>()("MmdbError", {
  setting: Schema.Literal("files"),
  file: Schema.String,
  reason: Schema.Literals(["missing", "unreadable", "invalid", "damaged", "notInstalled"]),
  message: Schema.String,
}) {
  override readonly [Runtime.errorExitCode] = 2
}

/** `what` follows the file's name. */
export const mmdbError = (reason: MmdbError["reason"], file: string, what: string): MmdbError =>
  new MmdbError({ setting: "files", file, reason, message: `${file} ${what}` })

/** A checked .mmdb file. */
export interface MmdbFile {
  readonly path: string
  readonly servesIpv4: boolean
  readonly servesIpv6: boolean
  /** Milliseconds since 1970 by its metadata, which may be any number: NaN where they are no time. */
  readonly builtAt: number
}

const marker = Buffer.from("\xab\xcd\xefMaxMind.com", "latin1")
const maxMetadataSize = 128 * 1024
const separatorSize = 16
const mapType = 7
const pointerType = 1

const Metadata = Schema.Struct({
  binaryFormatMajorVersion: Schema.Literal(2),
  buildEpoch: Schema.instanceOf(Date),
  ipVersion: Schema.Literals([4, 6]),
  nodeCount: Schema.Int.check(Schema.isGreaterThan(0)),
  recordSize: Schema.Literals([24, 28, 32]),
  searchTreeSize: Schema.Int,
})

const decodeMetadata = Schema.decodeUnknownEffect(Metadata)

const damaged = (file: string, what: string) =>
  mmdbError("damaged", file, `is damaged: ${what}. Download it again, or use another file.`)

const unreadable =
  (file: string) =>
  ({ message, reason }: PlatformError.PlatformError): MmdbError =>
    reason._tag === "NotFound"
      ? mmdbError("missing", file, "does not exist. Check the path.")
      : mmdbError("unreadable", file, `could not be read (${message}). Allow this user to read it.`)

const badMetadata = (file: string) => damaged(file, "its metadata is invalid")

/** The metadata at the end of a file, `tail`, and where in it their marker is. */
const readMetadata = Effect.fnUntraced(function* (file: string, tail: Buffer) {
  const markerAt = tail.lastIndexOf(marker)
  if (markerAt === -1) {
    return yield* mmdbError(
      "invalid",
      file,
      "is not an .mmdb file, or is cut short or still compressed. Use another file.",
    )
  }
  const parse = () => {
    const bytes = tail.subarray(markerAt + marker.length)
    // mmdb-lib, which looks for the marker from the end, would miss this one.
    if (marker.some((_, index) => bytes.indexOf(marker.subarray(index)) === 0)) throw new Error("ambiguous")
    makeMeasure(bytes, 0)(0)
    return parseMetadata(tail)
  }
  const metadata = yield* Effect.try({ try: parse, catch: () => undefined }).pipe(
    Effect.flatMap(decodeMetadata),
    Effect.mapError(() => badMetadata(file)),
  )
  return { ...metadata, markerAt }
})

/**
 * Checks a file without reading it whole: the metadata, the gap between tree and data, and the look-ups of the first
 * and the last address that have a record, as far as its type.
 */
export const inspect = Effect.fn("mmdbFile.inspect")(function* (path: string) {
  const fs = yield* FileSystem.FileSystem
  // Before it is opened: opening a pipe waits for its writer.
  const info = yield* fs.stat(path).pipe(Effect.mapError(unreadable(path)))
  if (info.type !== "File") return yield* mmdbError("invalid", path, "is not a file. Use another.")
  const file = yield* fs.open(path).pipe(Effect.mapError(unreadable(path)))
  const size = Number(info.size)

  const read = (position: number, length: number) =>
    file.readAlloc(length, { position: BigInt(position) }).pipe(
      Effect.mapError(unreadable(path)),
      Effect.map((bytes) => Buffer.from(Option.getOrElse(bytes, () => new Uint8Array()))),
      Effect.filterOrFail(
        (bytes) => bytes.length === length,
        () => damaged(path, "it is cut short"),
      ),
    )

  const tailSize = Math.min(size, maxMetadataSize)
  const tail = yield* read(size - tailSize, tailSize)
  const { buildEpoch, ipVersion, markerAt, nodeCount, recordSize, searchTreeSize } = yield* readMetadata(path, tail)
  const dataEnd = size - tailSize + markerAt
  const dataStart = searchTreeSize + separatorSize
  if (dataStart >= dataEnd) return yield* damaged(path, "it is cut short")
  const separator = yield* read(searchTreeSize, separatorSize)
  if (separator.some((byte) => byte !== 0)) return yield* damaged(path, "its tree does not end where it should")

  const children = (node: number) =>
    Effect.map(read((node * recordSize) / 4, recordSize / 4), (bytes) => childrenOf(bytes, recordSize))

  // IPv4 addresses are 96 zeros deep in a tree for IPv6.
  let ipv4Root = 0
  for (let depth = ipVersion === 6 ? 96 : 0; depth > 0 && ipv4Root < nodeCount; depth--) {
    ipv4Root = (yield* children(ipv4Root))[0]
  }

  for (const side of [0, 1] as const) {
    const record = yield* outermostRecord(children, nodeCount, side)
    const recordAt = (record ?? 0) - nodeCount + searchTreeSize
    if (recordAt < dataStart || recordAt >= dataEnd) return yield* damaged(path, "its tree leads nowhere")
    const type = (yield* read(recordAt, 1))[0]! >> 5
    if (type !== mapType && type !== pointerType) return yield* damaged(path, "its tree does not lead to records")
  }

  const checked: MmdbFile = {
    path,
    servesIpv4: ipVersion === 4 || ipv4Root !== nodeCount,
    servesIpv6: ipVersion === 6,
    builtAt: buildEpoch.getTime(),
  }
  return checked
}, Effect.scoped)

/** Bytes of decoded records in each of the two generations of the cache. */
const generationSize = 64 * 1024 * 1024

/**
 * The latest decoded records, by their place in the file: neighbours share them. `measure` gives the bytes that a
 * record takes, and throws where it may not be decoded. It measures whole records, not the parts that pointers lead to.
 */
const recentRecords = (measure: (key: number) => number) => {
  const generation = 1_024
  let young = new Map<string | number, unknown>()
  let old = new Map<string | number, unknown>()
  let youngSize = 0
  let isPart = false
  const set = (key: string | number, value: unknown) => {
    if (young.size >= generation || youngSize >= generationSize) {
      ;[old, young] = [young, new Map()]
      youngSize = 0
    }
    young.set(key, value)
  }
  const get = (key: string | number): unknown => {
    const recent = young.get(key)
    if (recent !== undefined) return recent
    const value = old.get(key)
    if (value !== undefined) set(key, value)
    else if (!isPart) youngSize += measure(Number(key))
    isPart = true
    return value
  }
  const nextRecord = () => {
    isPart = false
  }
  return { get, set, nextRecord }
}

/** An .mmdb file in memory. */
export interface OpenMmdb {
  readonly tree: SearchTree
  /**
   * The record of an address, or null. Addresses that share a record mostly get the same object. Throws an `MmdbError`
   * where the record is damaged.
   */
  readonly recordOf: (address: string) => unknown
}

/** Reads a file into memory. */
export const open = Effect.fn("mmdbFile.open")(function* ({ path }: MmdbFile) {
  const fs = yield* FileSystem.FileSystem
  const read = yield* fs.readFile(path).pipe(Effect.mapError(unreadable(path)))
  const bytes = Buffer.from(read.buffer, read.byteOffset, read.byteLength)
  // The file may have been replaced since it was checked.
  const metadata = yield* readMetadata(path, bytes.subarray(-maxMetadataSize))
  const { searchTreeSize } = metadata
  if (searchTreeSize + separatorSize >= bytes.length) return yield* damaged(path, "it is cut short")
  const cache = recentRecords(makeMeasure(bytes, searchTreeSize + separatorSize))
  const reader = yield* Effect.try({
    try: () => new Reader(bytes, { cache }),
    catch: () => badMetadata(path),
  })
  const recordOf = (address: string): unknown => {
    try {
      cache.nextRecord()
      return reader.get(address)
    } catch (error) {
      const why = error instanceof RecordTooLarge ? ` (${error.message})` : ""
      throw damaged(path, `the record of ${address} cannot be read${why}`)
    }
  }
  return { tree: new SearchTree(bytes, metadata), recordOf } satisfies OpenMmdb
})
