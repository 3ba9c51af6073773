import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import type { FormatOptions } from "../../src/domain/FormatOptions.ts"
import { read, rejects, users } from "../utils/csv.ts"

const header = "name,email,note\n"

const readAs = (text: string, format: FormatOptions = {}) => read(header + text, { format })

const taken = (line: number, count: string) =>
  `the quoted field that begins on line ${line} takes in ${count}; --quoted-lines keep reads it as it is`

describe("a quoted field over several lines", () => {
  it.effect("that takes in records is one reject with all its lines, and reading goes on after it", () =>
    Effect.gen(function* () {
      const text =
        'A,a@example.com,x\nB,b@example.com,"open\nC,c@example.com,x\nD,d@example.com,x\nE,e@example.com,y"\nF,f@example.com,x\n'
      const chunks = yield* readAs(text)
      assert.deepStrictEqual(
        users(chunks).map(([email]) => email),
        ["a@example.com", "f@example.com"],
      )
      assert.deepStrictEqual(rejects(chunks), [[3, [taken(3, "3 lines that look like records")]]])
      const { length, raw } = chunks[0]!.rejects[0]!
      assert.strictEqual(Buffer.from(raw).toString(), text.split("\n").slice(1, 5).join("\n"))
      assert.strictEqual(length, raw.length)

      const kept = yield* readAs(text, { quotedLines: "keep" })
      assert.lengthOf(users(kept), 3)
      assert.deepStrictEqual(rejects(kept), [])
    }),
  )

  it.effect("names the line on which the field begins, not the record", () =>
    Effect.gen(function* () {
      const chunks = yield* readAs('"A\nB",a@example.com,"x\ny\nB,b@example.com,z\n"\n')
      assert.deepStrictEqual(rejects(chunks), [[2, [taken(3, "1 line that looks like a record")]]])
    }),
  )

  it.effect("that ends within a record is one reject too, with the quotes that end it", () =>
    Effect.gen(function* () {
      for (const rows of [
        'A,a@example.com,"x\nB,b@example.com,y"\n',
        'A,a@example.com,"x\nB,b@example.com,""y\nend"\n',
      ]) {
        const chunks = yield* readAs(rows)
        assert.deepStrictEqual(rejects(chunks), [[2, [taken(2, "1 line that looks like a record")]]])
      }
      // Its own e-mail is on the last line.
      assert.lengthOf(users(yield* readAs('"A\nB",b@example.com,y\n')), 1)
    }),
  )

  it.effect("that takes in other lines is read: too few fields, no e-mail", () =>
    Effect.gen(function* () {
      for (const line of ["x", "C,c@example.com", "C,c at example.com,x", "# c@example.com,c,c", ""]) {
        const chunks = yield* readAs(`A,a@example.com,"see:\n${line}\nend"\n`)
        assert.lengthOf(users(chunks), 1, line)
      }
      const comment = yield* readAs('A,a@example.com,"\n# C,c@example.com,x\n"\n', { comment: "#" })
      assert.lengthOf(users(comment), 1)
      const short = yield* readAs('A,a@example.com,"\nC,c@example.com\n"\n', { shortRows: "null" })
      assert.lengthOf(users(short), 1)
    }),
  )

  it.effect("may take in records of any line end, with quotes of their own, in any encoding", () =>
    Effect.gen(function* () {
      for (const end of ["\n", "\r\n", "\r"]) {
        const text = [header.trim(), 'A,a@example.com,"x', "'C',c@example.com,y", 'E"', ""].join(end)
        assert.lengthOf(rejects(yield* read(text, { format: {} })), 1, JSON.stringify(end))
        const wide = Buffer.from(`\uFEFF${text}`, "utf16le")
        assert.lengthOf(rejects(yield* read(wide, { format: {} })), 1, JSON.stringify(end))
      }
    }),
  )

  it.effect("is none where a backslash makes line ends text, of whole fields and of the first and the last", () =>
    Effect.gen(function* () {
      const format = { escape: "backslash" } as const
      const names =
        "Ann\\\nSmith,a@example.com,x\nBo,b@example.com,x\\\n\nC,c@example.com,x\\\nx\\\nD,d@example.com,x\n"
      const chunks = yield* readAs(names, format)
      assert.deepStrictEqual(users(chunks).slice(0, 2), [
        ["a@example.com", "Ann\nSmith"],
        ["b@example.com", "Bo"],
      ])
    }),
  )

  it.effect("of half a million lines takes a second, not minutes", () =>
    Effect.gen(function* () {
      for (const line of ["@\n", ",,@\n"]) {
        const start = process.cpuUsage()
        const chunks = yield* readAs(`A,a@example.com,"${line.repeat(1_000_000 / line.length)}"\n`)
        assert.lengthOf(users(chunks), 1)
        const { system, user } = process.cpuUsage(start)
        assert.isBelow(user + system, 6_000_000, JSON.stringify(line))
      }
    }),
  )
})
