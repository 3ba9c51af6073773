import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import type { FormatOptions } from "../../src/domain/FormatOptions.ts"
import { read, rejects, users } from "../utils/csv.ts"

const names = ["id", "email", "name"]

const readAs = (content: string | Uint8Array, more: FormatOptions = {}) =>
  read(content, { format: { header: names, ...more } })

const failure = (content: string | Uint8Array, more: FormatOptions = {}) =>
  Effect.map(Effect.flip(readAs(content, more)), ({ message, reason }) => [reason, message])

describe("the names given for a file without a header", () => {
  it.effect("read it under the delimiter that each of the first records fits, from the first line on", () =>
    Effect.gen(function* () {
      for (const delimiter of [",", ";", "\t", "|"]) {
        for (const mark of ["", "\uFEFF"]) {
          const rows = [
            ["1", "a@example.com", "Ada"],
            ["2", "b@example.com", '"Bo, ; | \t"'],
            ["", "", ""],
          ]
          const chunks = yield* readAs(mark + rows.map((row) => row.join(delimiter)).join("\n"))
          assert.deepStrictEqual(users(chunks), [
            ["a@example.com", "Ada"],
            ["b@example.com", "Bo, ; | \t"],
          ])
          assert.deepInclude(chunks[0]!.format, { delimiter, header: names, headerLine: 1 })
          assert.strictEqual(Buffer.from(chunks[0]!.header).toString(), names.join(delimiter))
          assert.strictEqual(chunks[0]!.users[0]!.byteOffset, Buffer.from(mark).length)
        }
      }
    }),
  )

  it.effect("resume, also behind skipped lines; lines are skipped by number only", () =>
    Effect.gen(function* () {
      const text = "Users of March\n\n1;a@example.com;Ada\n2;b@example.com;Bo\n"
      const format = { header: names, skipLines: 2 }
      const [chunk] = yield* read(text, { format, chunkSize: 1 })
      const { format: found, header, to } = chunk!
      assert.deepStrictEqual([found.headerLine, to], [3, { byteOffset: 36, line: 4 }])
      const rest = yield* read(text.slice(to.byteOffset), { format, resume: { position: to, header, format: found } })
      assert.deepStrictEqual(users(rest), [["b@example.com", "Bo"]])
      assert.strictEqual((yield* failure(text))[0], "misfit")
      assert.strictEqual((yield* failure(text, { skipLines: 4 }))[0], "empty")
      assert.strictEqual((yield* failure(text, { skipLines: 9 }))[0], "empty")
    }),
  )

  it.effect("need a delimiter where no one, or more than one, is shown", () =>
    Effect.gen(function* () {
      const none = "The first records do not all have the 3 fields of --header under any of , ; tab |."
      const advice = "Correct --header, or name the delimiter with --delimiter."
      assert.deepStrictEqual(yield* failure("1,a@example.com\n"), ["misfit", `${none} ${advice}`])
      assert.deepStrictEqual(yield* failure("1,a@example.com,A\n2;b@example.com;B\n"), ["misfit", `${none} ${advice}`])
      assert.deepStrictEqual(yield* failure('1,a@example.com,A\n2,b@example.com,"B\n'), ["misfit", `${none} ${advice}`])
      assert.deepStrictEqual(yield* failure("1,a@example.com;b@example.com,A;B\n"), [
        "misfit",
        "The first records have the 3 fields of --header under several delimiters. Name theirs with --delimiter.",
      ])
      const given = yield* readAs("1,a@example.com\n2,b@example.com,Bo\n", { delimiter: "," })
      assert.deepStrictEqual([users(given).length, rejects(given).length], [1, 1])
      assert.lengthOf(users(yield* readAs("1~a@example.com~A", { delimiter: "~" })), 1)
    }),
  )

  it.effect("are tried on twenty records, as far as a mebibyte of them, whole ones only", () =>
    Effect.gen(function* () {
      const good = "1,a@example.com,Ada\n"
      const chunks = yield* readAs(`${good.repeat(20)}2,b@example.com\n`)
      assert.deepStrictEqual([users(chunks).length, rejects(chunks).length], [20, 1])
      assert.strictEqual((yield* failure(`${good.repeat(19)}2,b@example.com\n`))[0], "misfit")
      const long = `1,"${"x".repeat(300_000)}@",Ada\n`
      assert.lengthOf(rejects(yield* readAs(long.repeat(8))), 8)
    }),
  )

  it.effect("must have those of the mapping, and be of a file with records", () =>
    Effect.gen(function* () {
      const missing = yield* Effect.flip(read("1,a@example.com\n", { format: { header: ["id", "mail"] } }))
      assert.deepInclude(missing, { reason: "misfit", missing: ["email", "name"] })
      for (const content of ["", "\uFEFF"]) assert.strictEqual((yield* failure(content))[0], "empty")
    }),
  )

  it.effect("may be the file's after all: a row with them is no record", () =>
    Effect.gen(function* () {
      const chunks = yield* readAs("id,email,name\n1,a@example.com,Ada\n")
      assert.deepStrictEqual(users(chunks), [["a@example.com", "Ada"]])
      assert.deepStrictEqual(rejects(chunks), [])
    }),
  )
})
