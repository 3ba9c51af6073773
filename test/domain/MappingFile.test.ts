import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as ColumnMapping from "../../src/domain/ColumnMapping.ts"
import { fieldColumns } from "../../src/domain/fileColumns.ts"
import * as MappingFile from "../../src/domain/MappingFile.ts"
import { signature } from "../../src/domain/otherMapping.ts"

const parse = (json: string) => MappingFile.parse("m.json", json)

const problemsOf = (json: string) => Effect.map(Effect.flip(parse(json)), ({ problems }) => problems)

const valid = `valid columns are ${fieldColumns.join(", ")}, extra.NAME`

describe("MappingFile.parse", () => {
  it.effect("gives what make gives, and the format as a run takes it", () =>
    Effect.gen(function* () {
      const columns = {
        " Mail ": "email",
        __proto__x: "first_name",
        Joined: { column: "created_at", format: "DD.MM.YYYY" },
        State: { column: "status", true: ["?", "x"], false: ["-"] },
        "*": "extra",
      } as const
      const mapping = ColumnMapping.make(columns)
      assert.deepStrictEqual(yield* parse(JSON.stringify(columns)), { mapping, format: {} })
      assert.isTrue(ColumnMapping.isColumnMapping(mapping))
      const format = {
        delimiter: "?",
        encoding: "windows-1252",
        quote: null,
        skipLines: 3,
        nullWords: ["-"],
        trim: false,
      }
      assert.deepStrictEqual<unknown>(yield* parse(JSON.stringify({ $schema: "x.json", format, columns })), {
        mapping,
        format,
      })
      assert.deepStrictEqual(yield* parse(JSON.stringify({ columns })), { mapping, format: {} })
    }),
  )

  it.effect("takes columns for a header where others are beside it", () =>
    Effect.gen(function* () {
      const headers = { columns: { column: "first_name", null: ["-"] }, Mail: "email" } as const
      assert.deepStrictEqual(yield* parse(JSON.stringify(headers)), {
        mapping: ColumnMapping.make(headers),
        format: {},
      })
      const { mapping } = yield* parse('{ "columns": "email", "format": "gender" }')
      assert.deepStrictEqual([...mapping.keys()], ["columns", "format"])
      const long = yield* parse('{ "format": {}, "columns": { "column": "email" } }')
      assert.deepStrictEqual([...long.mapping.keys()], ["column"])
    }),
  )

  it.effect("keeps the signature of a mapping that says no more than before", () =>
    Effect.gen(function* () {
      const before =
        '[["Joined",{"column":"created_at","format":"DD/MM/YYYY"}],["Mail","email"],["State",{"column":"status","true":["x"]}]]'
      const joined = { column: "created_at", format: "DD/MM/YYYY" }
      const state = { column: "status", true: ["x"] }
      for (const file of [
        { Mail: "email", Joined: joined, State: state },
        { State: state, Joined: joined, Mail: { column: "email" } },
        { columns: { Joined: joined, Mail: "email", State: state }, format: { delimiter: ";" } },
        {
          $schema: "s.json",
          format: { encoding: "windows-1252", choices: { encoding: ["windows-1252"] } },
          columns: {
            Mail: { column: "email", choices: ["email"] },
            Joined: { ...joined, choices: ["DD/MM/YYYY", "MM/DD/YYYY"] },
            State: { choices: ["x", "y"], ...state },
          },
        },
      ]) {
        assert.strictEqual(signature((yield* parse(JSON.stringify(file))).mapping), before)
      }
    }),
  )

  it.effect("reports each unknown column with its line, and lists the valid ones once", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(parse('{\n"mail": "email",\n"first": "firstname",\n\n"last": "lastname" }'))
      assert.deepInclude(error, { reason: "invalid", path: "m.json" })
      assert.deepStrictEqual(error.problems, [
        'line 3: "first": "firstname" is not a column',
        'line 5: "last": "lastname" is not a column',
        valid,
      ])
      assert.strictEqual(error.message, `m.json: ${error.problems.join("; ")}`)
      assert.strictEqual(
        (yield* Effect.flip(parse("{}"))).message,
        "m.json: no header maps to email, the key of the users",
      )
    }),
  )

  it.effect.each(["[]", "null", "1", '"email"'])("refuses %j", (json) =>
    Effect.gen(function* () {
      const { message } = yield* Effect.flip(parse(json))
      assert.match(message, /^m\.json is not a JSON object of the form \{ /)
    }),
  )

  it.effect("names the place where a text is not JSON", () =>
    Effect.gen(function* () {
      const { message } = yield* Effect.flip(parse('{\n  "Mail": "email",\n}'))
      assert.match(message, /^m\.json is not JSON: line 3, column 1: expected a name/)
    }),
  )

  it.effect("reports every problem of every part at once, in the order of lines", () =>
    Effect.gen(function* () {
      const json = `{
        "$schema": 1,
        "frmat": {},
        "format": {
          "skip-lines": 2, "null": ["-"],
          "encoding": "latin1",
          "delimiter": ";", "quote": ";",
          "escape": "\\\\"
        },
        "columns": {
          "Joined": { "column": "created_at", "format": "DD/MM" },
          "State": { "column": "state", "true": ["x"], "false": ["X"], "wahr": [],
                     "null": "none" },
          "Name": { "column": "first_name", "format": "YYYY-MM-DD" },
          "Name ": "gender",
          "Joined": 5
        }
      }`
      assert.deepStrictEqual(yield* problemsOf(json), [
        "line 2: $schema must be a text",
        'line 3: "frmat" is no key: write format; headers are in "columns"',
        'line 5: format: "skip-lines" is no key: write skipLines',
        'line 5: format: "null" is no key: write nullWords',
        'line 6: format: encoding is "latin1": write "windows-1252"',
        "line 7: format: the delimiter is the quote.",
        'line 8: format: escape is "\\\\": write "doubled" or "backslash"',
        'lines 11 and 16: "Joined" appears twice',
        'line 11: "Joined": format has no year: YYYY or YY',
        'line 12: "State": "state" is not a column',
        'line 12: "State": wahr is no key: valid are column, format, true, false, null',
        'line 12: "State": has "X" both for true and for false',
        'line 13: "State": null must be a list of words',
        'line 14: "Name": format is not for first_name, which takes "null"',
        'lines 14 and 15: header "Name" appears twice (spaces around a name are ignored)',
        'line 16: "Joined": 5 is not a column',
        "no header maps to email, the key of the users",
        valid,
      ])
    }),
  )

  it.effect("names what a person has to choose, and the choices", () =>
    Effect.gen(function* () {
      const json = `{
        "format": { "encoding": "?",
          "escape": "?", "delimiter": "?", "quote": "?", "comment": "?",
          "choices": { "encoding": ["windows-1252", "windows-1250"], "delimiter": [";", "|"], "quote": ["'"] } },
        "columns": {
          "Mail": "email",
          "Joined": { "column": "created_at",
            "format": "?", "choices": ["DD/MM/YYYY", "MM/DD/YYYY"] },
          "State": { "column": "status", "true": ["?"], "false": ["?"], "choices": ["xx", "yy"] },
          "Active": { "column": "status", "true": ["?"] },
          "Created": { "column": "?", "choices": ["created_at"] },
          "Seen": { "column": "updated_at", "format": "?" },
          "Other": "?"
        }
      }`
      assert.deepStrictEqual(yield* problemsOf(json), [
        'line 2: format: encoding is "?": write one of "windows-1252", "windows-1250"',
        'line 3: format: escape is "?": write "doubled" or "backslash"',
        'line 3: format: delimiter is "?": write one of ";", "|"',
        'line 3: format: quote is "?": write "\'"',
        'line 8: "Joined": format is "?": write one of "DD/MM/YYYY", "MM/DD/YYYY"',
        'line 9: "State": true is ["?"]: write those of "xx", "yy" that are true',
        'line 9: "State": false is ["?"]: write those of "xx", "yy" that are false',
        'line 10: "Active": true is ["?"]: write those of your words that are true',
        'line 11: "Created": column is "?": write "created_at", or remove the header',
        'line 12: "Seen": format is "?": write one such as "DD/MM/YYYY"',
        'line 13: "Other": column is "?": write a column, or remove the header',
      ])
    }),
  )

  it.effect.each([
    ['{ "Mail": { "column": "email", "choices": "email" } }', ['line 1: "Mail": choices must be a list of texts']],
    [
      '{ "format": 5, "columns": { "Mail": "email" } }',
      ["line 1: format: expected an object with keys such as encoding, delimiter, quote"],
    ],
    [
      '{ "format": { "choices": [], "x": 1, "header": [] }, "columns": { "Mail": "email" } }',
      [
        'line 1: format: choices must be an object, such as { "encoding": ["windows-1252", "windows-1250"] }',
        'line 1: format: "x" is no key: valid are encoding, delimiter, quote, escape, header, skipLines, comment, shortRows, trim, quotedLines, nullWords, onBadValue',
        "line 1: format: header is []: write a list of names",
      ],
    ],
    [
      '{ "$schema": "x.json",\n"Mail": "email" }',
      [
        'line 1: "$schema": "x.json" is not a column',
        valid,
        '$schema can stand beside "columns", which then has the headers',
      ],
    ],
    ['{ "Mail": "email",\n"Mail": "email" }', ['lines 1 and 2: "Mail" appears twice']],
    [
      '{ "Mail": "email",\n"Mail ": "gender" }',
      ['lines 1 and 2: header "Mail" appears twice (spaces around a name are ignored)'],
    ],
    [
      '{ "Name": "first_name", "Mail": "email",\n"columns": { "Mail": "email" } }',
      [
        'line 1: "Name" is no key: valid are $schema, format, columns; headers are in "columns"',
        'line 1: "Mail" is no key: valid are $schema, format, columns; headers are in "columns"',
      ],
    ],
  ] as ReadonlyArray<readonly [string, ReadonlyArray<string>]>)("refuses %s", ([json, problems]) =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* problemsOf(json), problems)
    }),
  )
})
