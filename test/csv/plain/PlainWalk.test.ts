import { readdirSync, readFileSync } from "node:fs"
import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"
import { findFormat } from "../../../src/csv/findFormat.ts"
import { Framer } from "../../../src/csv/Framer.ts"
import type { Header } from "../../../src/csv/header.ts"
import { makePlainWalk } from "../../../src/csv/plain/PlainWalk.ts"
import { RecordFramer } from "../../../src/csv/RecordFramer.ts"
import * as ColumnMapping from "../../../src/domain/ColumnMapping.ts"
import { fieldColumns } from "../../../src/domain/fileColumns.ts"
import { appendRows } from "../../../src/domain/rows/appendRows.ts"
import { Rows } from "../../../src/domain/rows/Rows.ts"
import { userActivity } from "../../fixtures/UserActivity.ts"
import { tries } from "../../utils/tries.ts"
import { between } from "../drawnFormats.ts"
import { readBothWays } from "./bothWays.ts"
import { drawFile } from "./drawnFiles.ts"
import { rowUser } from "../../../src/domain/rows/rowValues.ts"

const maxRecordSize = 1_048_576

const columnOf = (name: string) => (name === "id" ? "source_id" : fieldColumns.find((column) => column === name))

/** That of a file whose header has names of columns. */
const headerOf = (bytes: Uint8Array): Header => {
  const names = Buffer.from(bytes.subarray(0, bytes.indexOf(0x0a)))
    .toString()
    .trim()
    .split(",")
  const mapping = ColumnMapping.make(
    Object.fromEntries(names.flatMap((name) => (columnOf(name) === undefined ? [] : [[name, columnOf(name)!]]))),
  )
  return Result.getOrThrow(findFormat({ bytes, isWhole: true }, { mapping, format: {}, maxRecordSize }))
}

const encode = (text: string): Uint8Array => new TextEncoder().encode(text)

/** Reads the records after the header, which arrive in pieces of that size. */
const walkAll = (bytes: Uint8Array, size = 65_536) => {
  const header = headerOf(bytes)
  const { byteOffset: offset, line } = header.end
  const plain = makePlainWalk(header, maxRecordSize)!
  const { fields, format } = header
  const framer = new RecordFramer({ format, maxRecordSize, offset, line, fields, plain })
  const rows = new Rows(0, 0)
  const framed: Array<readonly [line: number, rowsBefore: number]> = []
  const take = (batches: ReturnType<RecordFramer["push"]>): void => {
    for (const frames of batches) {
      const { count } = rows
      const taken = plain.takeRows(1)
      appendRows(rows, taken, 0, taken.count)
      framed.push(...frames.map((frame) => [frame.line, count + frame.plainBefore] as const))
    }
  }
  for (let at = offset; at < bytes.length; at += size) take(framer.push(bytes.subarray(at, at + size)))
  take(framer.finish())
  return { rows, framed, share: rows.count / (rows.count + framed.length) }
}

const linesOf = ({ count, lines }: Rows): ReadonlyArray<number> => Array.from(lines.subarray(0, count))

describe("PlainWalk", () => {
  it.prop(
    "gives the users that the Schema gives, and leaves it the rest, in the file's order; the file's bytes stay",
    { seed: between(0, 2 ** 31), nearness: between(0, 60) },
    ({ nearness, seed }) => {
      const { bytes, header, pieces } = drawFile(seed, 100, nearness)
      const before = bytes.slice()
      const { decoded, walked } = readBothWays(header, bytes, pieces)
      assert.deepStrictEqual({ ...walked, plain: 0 }, decoded)
      assert.deepStrictEqual(bytes, before)
    },
    { arbitrary: { runs: tries(200, 10_000) } },
  )

  it("takes at least half of the records that are meant to be plain", () => {
    let plain = 0
    let records = 0
    for (let seed = 0; seed < 50; seed++) {
      const { bytes, header, pieces } = drawFile(seed, 20, 0)
      const { walked } = readBothWays(header, bytes, pieces)
      plain += walked.plain
      records += walked.records.length
    }
    assert.isAtLeast(plain / records, 0.5)
  })

  it("takes nearly all records of the files that people have", () => {
    const files = readdirSync("input").map((name) => readFileSync(`input/${name}`))
    const generated = Buffer.concat([...userActivity({ rows: 5000, users: 4000, seed: 1 })])
    for (const bytes of [...files, generated]) assert.isAtLeast(walkAll(bytes).share, 0.975)
  })

  it("takes all records that have a quoted field with a delimiter", () => {
    const records = Array.from(
      { length: 1000 },
      (_, index) =>
        `${index},Ada,"Lovelace, née Byron",ada.${index}@example.com,2024-02-29,2024-03-01T10:11:12Z,true\r\n`,
    )
    const header = "id,first_name,last_name,email,created_at,updated_at,status\r\n"
    const { rows, share } = walkAll(encode(header + records.join("")))
    assert.strictEqual(share, 1)
    assert.strictEqual(rowUser(rows, 999).last_name, "Lovelace, née Byron")
  })

  it("numbers more rows than 16 bits hold", () => {
    const count = 100_000
    const lines = Array.from({ length: count }, (_, index) => `U.${index}@Example.com,${index}\n`)
    const { rows } = walkAll(encode(`email,first_name\n${lines.join("")}`))
    assert.strictEqual(rows.count, count)
    for (const row of [0, 4095, 4096, 65_535, 65_536, count - 1]) {
      assert.deepInclude(rowUser(rows, row), { email: `u.${row}@example.com`, first_name: String(row) })
      assert.strictEqual(rows.lines[row], row + 2)
    }
  })

  it("never takes a line inside a quoted field for a record", () => {
    const file = 'email,first_name\na@b.c,Ada\nb@b.c,"x\nc@b.c,Bo\n"\nd@b.c,Cy\n'
    for (const size of [1, 2, 5, 1000]) {
      const { framed, rows } = walkAll(encode(file), size)
      assert.deepStrictEqual(linesOf(rows), [2, 6])
      assert.deepStrictEqual(framed, [[3, 1]])
    }
  })

  it("keeps the order around the pieces of a line that another line end has cut", () => {
    const file = "email,first_name\r\na@b.c,A\r\nb@b.c,B\r\nc@b.c,C\nx\nd@b.c,D\r\ne@b.c,E\r\nf@b.c,F\n"
    for (const size of [1, 3, 10, 1000]) {
      const { framed, rows } = walkAll(encode(file), size)
      assert.deepStrictEqual(linesOf(rows), [2, 3, 7])
      assert.deepStrictEqual(framed, [
        [4, 2],
        [8, 3],
      ])
    }
  })

  it("leaves a record that is longer than any plain one, however its bytes arrive", () => {
    const file = `email,first_name,other\na@b.c,A,\nb@b.c,B,${"x".repeat(70_000)}\nc@b.c,C,\n`
    for (const size of [100, 65_536, 1_000_000]) {
      const { framed, rows } = walkAll(encode(file), size)
      assert.deepStrictEqual(linesOf(rows), [2, 4])
      assert.deepStrictEqual(framed, [[3, 1]])
    }
  })

  it("has none for files whose records bytes alone do not tell", () => {
    const header = headerOf(encode("email,created_at\na@b.c,2024-01-01\n"))
    const isNone = (more: Partial<Header["format"]>) =>
      makePlainWalk({ ...header, format: { ...header.format, ...more } }, maxRecordSize) === undefined
    assert.isFalse(isNone({}))
    assert.isTrue(isNone({ encoding: "windows-1252" }))
    assert.isTrue(isNone({ escape: "backslash" }))
    assert.isTrue(isNone({ lineEnd: "CR" }))
    const extra = [{ name: "other", position: 1 }]
    assert.isUndefined(makePlainWalk({ ...header, extra }, maxRecordSize))
  })

  it("lets a framer wait for the end of a record", () => {
    const header = headerOf(encode("email,first_name\na@b.c,A\n"))
    const { fields, format } = header
    const plain = makePlainWalk(header, maxRecordSize)!
    const framer = new Framer({ format, maxRecordSize, offset: 0, line: 1, fields, plain })
    assert.deepStrictEqual([...framer.push(encode("a@b.c,"))], [])
    assert.deepStrictEqual([...framer.push(encode("A"))], [])
    const [frames] = framer.push(encode("\nb@b.c,B"))
    assert.deepStrictEqual([frames, plain.takeRows(1).count], [[], 1])
  })
})
