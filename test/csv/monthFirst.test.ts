import { assert, describe, it } from "@effect/vitest"
import { Effect, Redacted, Result, Schema } from "effect"
import * as ColumnMapping from "../../src/domain/ColumnMapping.ts"
import { read, type ReadOptions, rejects, type TypedChunk } from "../utils/csv.ts"

const mapping = ColumnMapping.make({ email: "email", Joined: "created_at", Seen: "updated_at" })

type Row = readonly [joined: string, seen: string]

const content = (rows: ReadonlyArray<Row>) =>
  ["email,Joined,Seen", ...rows.map(([joined, seen], index) => `u${index}@example.com,"${joined}",${seen}`), ""].join(
    "\n",
  )

const readRows = (rows: ReadonlyArray<Row>, options: Partial<ReadOptions> = {}) =>
  read(content(rows), { format: {}, mapping, ...options })

const joinedOf = (chunks: ReadonlyArray<TypedChunk>) =>
  chunks.flatMap(({ users }) => users.map(({ user }) => user.created_at))

const advice = (which: string, header: string, column: string) =>
  `Name ${which} in the mapping: "${header}": {"column": "${column}", "format": "DD/MM/YYYY"}, or "MM/DD/YYYY".`

const refusal = (column: string, what: string, lines: string, header: string) =>
  `${column} has ${what} (${lines}). ${advice("its format", header, column)}`

const number = (minimum: number, maximum: number) => Schema.Int.check(Schema.isBetween({ minimum, maximum }))

describe("the order of A/B/YYYY", () => {
  it.effect("is month first where only days above 12 are seen in second place, in each column by itself", () =>
    Effect.gen(function* () {
      const rows: ReadonlyArray<Row> = [
        ["5/6/2024", "2024-01-01"],
        ["5/13/2024 10:00 PM", "7/7/2024"],
      ]
      const chunks = yield* readRows([...rows, ["NULL", "12/12/2024"]])
      assert.deepStrictEqual(chunks[0]!.format.monthFirst, ["created_at"])
      assert.deepStrictEqual(joinedOf(chunks), ["2024-05-06", "2024-05-13", null])
      // The other column's order is open, and its date has one.
      const { message } = yield* Effect.flip(readRows([...rows, ["6/6/2024", "7/8/2024"]]))
      assert.strictEqual(message, refusal("updated_at", "dates that could be month/day or day/month", "line 4", "Seen"))
    }),
  )

  it.effect("is refused, with two values and both forms, where it is day first, both or unknown", () =>
    Effect.gen(function* () {
      const errorOf = (rows: ReadonlyArray<Row>, options: Partial<ReadOptions> = {}) =>
        Effect.map(Effect.flip(readRows(rows, options)), ({ message, reason, shown }) => [
          reason,
          message,
          shown && Redacted.value(shown),
        ])
      assert.deepStrictEqual(
        yield* errorOf([
          ["", ""],
          ["31/12/2022", ""],
          ["05/01/2023", ""],
          ["1/13/2023", ""],
        ]),
        [
          "dates",
          refusal("created_at", "dates of both orders, month/day and day/month", "lines 3 and 5", "Joined"),
          'created_at on line 3 is "31/12/2022". created_at on line 5 is "1/13/2023".',
        ],
      )
      assert.deepStrictEqual(
        yield* errorOf([
          ["05/01/2023", ""],
          ["31/12/2022", ""],
        ]),
        [
          "dates",
          refusal("created_at", "days before months", "lines 3 and 2", "Joined"),
          'created_at on line 3 is "31/12/2022". created_at on line 2 is "05/01/2023".',
        ],
      )
      assert.deepStrictEqual(
        yield* errorOf([
          ["5/6/2024", "7/8/2024"],
          ["9/9/2024", "1/2/2024"],
        ]),
        [
          "dates",
          `created_at has dates that could be month/day or day/month (line 2), updated_at has dates that could be month/day or day/month (lines 2 and 3). ${advice("their formats", "Joined", "created_at")}`,
          'created_at on line 2 is "5/6/2024". updated_at on line 2 is "7/8/2024". updated_at on line 3 is "1/2/2024".',
        ],
      )
      const [, , hidden] = yield* errorOf([["31/12/2022", ""]], { isLinked: true })
      assert.isUndefined(hidden)
    }),
  )

  it.effect("is that of the column's format, and words for nothing show none", () =>
    Effect.gen(function* () {
      const own = ColumnMapping.make({
        email: "email",
        Joined: { column: "created_at", format: "DD/MM/YYYY", null: ["never"] },
        Seen: { column: "updated_at", null: ["01/02/1900"] },
      })
      const chunks = yield* readRows(
        [
          ["31/12/2022", "01/02/1900"],
          ["5/6/2024 10:00", "31/01/1900"],
          ["12/31/2022", ""],
          ["5/6/2024 10:00:01 PM", ""],
        ],
        { mapping: own, format: { nullWords: ["31/01/1900"] } },
      )
      assert.deepStrictEqual(joinedOf(chunks), ["2022-12-31", "2024-06-05", "2024-06-05"])
      assert.deepStrictEqual(chunks[0]!.format.monthFirst, [])
      assert.deepStrictEqual(rejects(chunks), [[4, ["is not a valid date (read as DD/MM/YYYY)"]]])
    }),
  )

  it.effect("is that of the format for the column's other dates with slashes too", () =>
    Effect.gen(function* () {
      const own = ColumnMapping.make({
        email: "email",
        Joined: { column: "created_at", format: "DD/MM/YYYY HH:mm" },
        Seen: "updated_at",
      })
      const rows: ReadonlyArray<Row> = [
        ["03/04/2024 10:11", ""],
        ["03/04/2024", ""],
        ["12/31/2024", ""],
      ]
      const chunks = yield* readRows(rows, { mapping: own })
      assert.deepStrictEqual(joinedOf(chunks), ["2024-04-03", "2024-04-03"])
      assert.deepStrictEqual(rejects(chunks), [[4, ["is not a valid date (read as day/month/year)"]]])
    }),
  )

  it.effect("is shown in any encoding, and where slashes are escaped", () =>
    Effect.gen(function* () {
      const text = content([
        ["5/13/2024", "2024-05-06"],
        ["31/12/2024", ""],
      ])
      const wide = Buffer.from(`\ufeff${text}`, "utf16le")
      const escaped = text.replaceAll("/", "\\/")
      for (const [bytes, escape] of [
        [Buffer.from(text), "doubled"],
        [wide, "doubled"],
        [Buffer.from(escaped), "backslash"],
      ] as const) {
        const error = yield* Effect.flip(read(bytes, { mapping, format: { escape } }))
        assert.strictEqual(error.reason, "dates")
      }
    }),
  )

  const Slashes = Schema.Struct({ first: number(1, 14), second: number(1, 14) })
  const Value = Schema.Union([Slashes, Schema.Literals(["", "2024-05-06", "soon", "NULL"])])

  it.effect.prop(
    "is what the values prove, and never a guess",
    { values: Schema.Array(Value), later: Schema.Array(Slashes) },
    ({ values, later }) =>
      Effect.gen(function* () {
        const textOf = (value: typeof Value.Type) =>
          typeof value === "string" ? value : `${value.first}/${value.second}/2024`
        const slashes = values.filter((value) => typeof value !== "string")
        // A date in neither order shows nothing.
        const dates = slashes.filter(({ first, second }) => first <= 12 || second <= 12)
        const isDayFirst = dates.some(({ first }) => first > 12)
        const isMonthFirst = dates.some(({ second }) => second > 12)
        const isOpen = dates.some(({ first, second }) => first !== second)
        const refused = isDayFirst || (isOpen && !isMonthFirst)
        const outcome = yield* Effect.result(readRows(values.map((value) => [textOf(value), ""] as const)))
        assert.strictEqual(Result.isFailure(outcome), refused && values.length > 0)
        if (Result.isFailure(outcome)) return
        // Read as a later part of the file would be: by the format alone.
        const format = outcome.success[0]?.format
        if (format === undefined) return
        const resume = {
          position: { byteOffset: 0, line: 1 },
          header: Buffer.from("email,Joined,Seen"),
          format,
        }
        for (const { first, second } of later) {
          const chunks = yield* read(`a@example.com,${first}/${second}/2024,\n`, { mapping, resume })
          const [day] = joinedOf(chunks)
          const exists = first <= 12 && (first !== 2 || second <= 29)
          if (isMonthFirst ? exists : exists && first === second) {
            const [month, date] = [first, second].map((value) => String(value).padStart(2, "0"))
            assert.strictEqual(day, `2024-${month}-${date}`)
          } else assert.isUndefined(day)
        }
      }),
  )
})
