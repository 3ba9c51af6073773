import { gzipSync, zstdCompressSync } from "node:zlib"
import { makeRandom, type Random } from "../fixtures/Random.ts"
import type { JudgedRecord, Version } from "./judge.ts"

/** A CSV file, and what the judge is to know of it. */
export interface InputFile {
  readonly name: string
  /** As it is stored: compressed where the name says so. */
  readonly bytes: Uint8Array
  readonly records: ReadonlyArray<JudgedRecord>
}

export interface Input {
  /** In the order of their names, by their UTF-8 bytes. */
  readonly files: ReadonlyArray<InputFile>
  /** The addresses that a service has a place for. */
  readonly publicAddresses: ReadonlySet<string>
  /** How the files are to be read: the text of the column mapping, and flags. */
  readonly mapping: string
  readonly flags: ReadonlyArray<string>
}

const header = "id,first_name,last_name,email,gender,ip_address,created_at,updated_at,password,status,phone,Tags,Tags"
const columns = header.split(",").slice(1, 10)
const mapping = {
  id: "source_id",
  ...Object.fromEntries(columns.map((name) => [name, name])),
  phone: "extra.Telefon",
  "*": "extra",
}
const updatedAt = header.split(",").indexOf("updated_at")

const names = ["1.csv", "10.csv", "2.csv.gz", "Ü.csv", "ß.csv.zst"]

const days = [null, "2023-12-31", "2024-01-01", "2024-02-29", "2024-03-01", "2024-11-30"]

/** None begins with a quote: one that was left open before ends there, as text after a closing quote. */
const texts = [null, "Ada", "Ada, A", "Zoë", "O'Brien", "Line\nbreak", "Two\r\nlines\n", 'A "B" C', "王", "🦊 Fox"]

const specialAddresses = [null, "10.1.2.3", "192.168.0.1", "127.0.0.1", "224.0.0.5", "fe80::1"]

const pick = <A>(random: Random, items: ReadonlyArray<A>): A => items[random.below(items.length)]!

const publicAddress = (random: Random): string => {
  if (random.perMille(150)) return `2001:4860:${(0xa00 + random.below(0xf000)).toString(16)}::${random.below(8) + 1}`
  return `${80 + random.below(8)}.${random.below(256)}.${random.below(256)}.${random.below(256)}`
}

/** What the mapping keeps of the last three fields. */
const makeExtra = (random: Random): Version["extra"] => {
  const kept = [
    ["Telefon", pick(random, [null, "030 1", "+49 30 2"])],
    ["Tags", pick(random, [null, null, "a"])],
    ["Tags (2)", pick(random, [null, null, 'b "c"\\u0000', "z, 王\n🦊"])],
  ].filter(([, text]) => text !== null)
  return kept.length === 0 ? null : Object.fromEntries(kept)
}

const makeVersion = (user: number, addresses: ReadonlyArray<string>, random: Random): Version => ({
  email: `user${user}@example.com`,
  source_id: String(user),
  first_name: pick(random, texts),
  last_name: pick(random, texts),
  gender: pick(random, ["f", "m", null]),
  ip_address: pick(random, random.perMille(100) ? specialAddresses : addresses),
  created_at: pick(random, days),
  updated_at: pick(random, days),
  password: pick(random, ["a1".repeat(32), "b2".repeat(32)]),
  status: pick(random, [true, false, null]),
  extra: makeExtra(random),
})

const writtenText = (text: string | null, random: Random): string => {
  if (text === null) return ""
  return /[",\r\n]/.test(text) || random.perMille(200) ? `"${text.replaceAll('"', '""')}"` : text
}

const writtenDay = (iso: string | null, isFew: boolean, random: Random): string => {
  if (iso === null) return ""
  const [year, month, day] = iso.split("-").map(Number)
  if (isFew && day! <= 12) return iso
  return pick(random, [iso, iso, `${iso}T23:59:59-11:00`, `${iso} 00:00:00`, `${month}/${day}/${year}`])
}

/** A version as a record's fields, in one of the many ways in which it can be written. */
const writtenFields = (version: Version, isFew: boolean, random: Random): ReadonlyArray<string> => [
  version.source_id!,
  writtenText(version.first_name, random),
  writtenText(version.last_name, random),
  pick(random, [version.email, version.email.toUpperCase(), ` ${version.email}\t`]),
  version.gender ?? "",
  pick(random, [version.ip_address ?? "", (version.ip_address ?? "").toUpperCase()]),
  writtenDay(version.created_at, isFew, random),
  writtenDay(version.updated_at, isFew, random),
  version.password!,
  version.status === null ? "" : pick(random, version.status ? ["true", "Y", "1"] : ["False", "no", "0"]),
  ...["Telefon", "Tags", "Tags (2)"].map((name) => writtenText(version.extra?.[name] ?? null, random)),
]

/** In the place of a good value: each is to be rejected with its record, or to be null. In the order of their names. */
const badValues: ReadonlyArray<{ readonly column: keyof Version; readonly field: number; readonly text: string }> = [
  { column: "created_at", field: 6, text: "2023-02-29" },
  { column: "extra", field: 11, text: "nul\0" },
  { column: "first_name", field: 1, text: "é".repeat(81) },
  { column: "ip_address", field: 5, text: "1.2.3.256" },
  { column: "last_name", field: 2, text: "nul\0" },
  { column: "status", field: 9, text: "perhaps" },
]

/** In the place of a good record: each is to be rejected. */
const breakers: ReadonlyArray<(fields: ReadonlyArray<string>) => ReadonlyArray<string | Uint8Array>> = [
  () => ["7"],
  (fields) => [fields.slice(1).join()],
  (fields) => [[...fields, "more"].join()],
  (fields) => [fields.with(3, "nobody").join()],
  (fields) => [fields.with(3, "").join()],
  (fields) => [fields.with(7, "2023-02-29").join()],
  (fields) => [Buffer.from(fields.with(1, "Köln").join(), "latin1")],
  (fields) => [fields.with(1, 'A"da').join()],
  (fields) => [fields.with(1, '"Ada"x').join()],
  // Left open: what follows, up to the next quote, must not be lost with it.
  (fields) => [fields.with(1, '"Ada').join()],
  // A field too many, and a line break in one of them: both lines are one reject.
  (fields) => [`${fields[0]},"A\nda",${fields.slice(2).join()},more`],
]

const asciiBreakers = breakers.filter((_, number) => number !== 6)

const lineEnds = (bytes: Buffer): number => bytes.toString("latin1").split(/\r\n|\r|\n/).length - 1

const withBadValues = breakers.concat(
  badValues.map(({ field, text }) => (fields) => [fields.with(field, text).join()]),
)

/** `blanks`: a record with bad values is to be loaded, with null in their places. */
const makeFile = (
  { name, count }: { readonly name: string; readonly count: number },
  nextVersion: () => Version,
  blanks: boolean,
  random: Random,
): InputFile => {
  // They do not show that the file is UTF-8 text, nor its line ends, nor the order of day and month.
  const isFew = count < 10
  const pieces: Array<Buffer> = []
  const records: Array<JudgedRecord> = []
  let line = 1
  let byteOffset = 0
  const append = (text: string | Uint8Array) => {
    const bytes = typeof text === "string" ? Buffer.from(text) : Buffer.from(text)
    pieces.push(bytes)
    byteOffset += bytes.length
    line += lineEnds(bytes)
  }
  if (random.perMille(300)) append("\ufeff")
  append(header)
  for (let left = count; left > 0; left--) {
    const isBad = random.perMille(70)
    const bad =
      isBad || !blanks ? [] : badValues.filter(({ text }) => random.perMille(50) && !(isFew && text.includes("\0")))
    const blanked = bad.map(({ column }) => column)
    const version = { ...nextVersion(), ...Object.fromEntries(blanked.map((column) => [column, null])) }
    const fields = bad.reduce(
      (written, { field, text }) => written.with(field, text),
      writtenFields(version, isFew, random),
    )
    const plain = fields.map((field) => (/["\r\n]/.test(field) ? "Ada" : field))
    const broken = () => pick(random, isFew ? asciiBreakers : blanks ? breakers : withBadValues)(plain)
    for (const text of isBad ? broken() : [fields.join()]) {
      append(pick(random, ["\n", "\n", "\n", isFew ? "\n" : "\r\n", "\n\n"]))
      const updated = fields[updatedAt]!
      const instant = updated.includes("T") ? Date.parse(updated) : undefined
      const content = isBad ? Buffer.from(text as Uint8Array) : version
      records.push({ line, byteOffset, instant, content, blanked })
      append(text)
    }
  }
  if (random.perMille(500)) append("\n")
  const bytes = Buffer.concat(pieces)
  const compressed = name.endsWith(".zst") ? zstdCompressSync(bytes) : name.endsWith(".gz") ? gzipSync(bytes) : bytes
  return { name, bytes: compressed, records }
}

/**
 * Files whose records are of few users: versions of many dates and of equal dates, equal ones, ones that cannot be loaded,
 * and for an odd seed ones with bad values, which are to be null. The same seed makes the same files.
 */
const makeFiles = (seed: number, draw: (random: Random) => ReadonlyArray<Parameters<typeof makeFile>[0]>): Input => {
  const blanks = seed % 2 === 1
  const random = makeRandom(seed)
  const addresses = Array.from({ length: 220 }, () => publicAddress(random))
  const users = Array.from({ length: 30 + random.below(60) }, (_, user) =>
    Array.from({ length: 1 + random.below(7) }, () => makeVersion(user, addresses, random)),
  )
  const nextVersion = () => pick(random, pick(random, users))
  return {
    files: draw(random).map((drawn) => makeFile(drawn, nextVersion, blanks, random)),
    publicAddresses: new Set(addresses),
    mapping: JSON.stringify(mapping),
    flags: blanks ? ["--on-bad-value", "null"] : [],
  }
}

/** Three to five files of hundreds of records. */
export const makeInput = (seed: number): Input =>
  makeFiles(seed, (random) =>
    names.slice(0, 3 + random.below(3)).map((name) => ({ name, count: 200 + random.below(200) })),
  )

/** 300 to 500 files of a few records, some of none, some compressed. */
export const makeSmallFiles = (seed: number): Input =>
  makeFiles(seed, (random) =>
    Array.from({ length: 300 + random.below(200) }, (_, number) => ({
      name: `${String(number).padStart(3, "0")}.csv${pick(random, ["", "", "", ".gz", ".zst"])}`,
      count: random.below(6),
    })),
  )
