import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { mkdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { parseEnv } from "node:util"
import { loadDotEnv } from "../src/dotEnv.ts"
import { temporaryDirectory } from "./utils/postgres.ts"

/** What a file sets, where `OTHER` is set already. The variables are this process's, so they are put back. */
const load = Effect.fnUntraced(function* (content: string | Uint8Array) {
  const path = join(yield* temporaryDirectory, ".env")
  writeFileSync(path, content)
  const before = new Set(Object.keys(process.env))
  process.env["OTHER"] = "wins"
  return yield* Effect.try({
    try: () => {
      loadDotEnv(path)
      return Object.fromEntries(Object.entries(process.env).filter(([name]) => !before.has(name)))
    },
    catch: (error) => (error instanceof Error ? error.message.replace(path, ".env") : String(error)),
  }).pipe(
    Effect.ensuring(
      Effect.sync(() => {
        for (const name of Object.keys(process.env)) if (!before.has(name)) delete process.env[name]
      }),
    ),
  )
}, Effect.scoped)

describe(".env", () => {
  it.effect.each([
    ["DB_HOST=a\n", { DB_HOST: "a" }],
    ["\ufeffDB_HOST=a\r\nDB_NAME=b\r\n", { DB_HOST: "a", DB_NAME: "b" }],
    ["# comment\n\n  export A = 'b c' # why\nD=\"e\nf g\"\nH=`i`\nJ=\n", { A: "b c", D: "e\nf g", H: "i", J: "" }],
    ["OTHER=loses\nURL=postgres://u:p#q@h/d?a=b\n", { URL: "postgres://u:p" }],
    ["", {}],
  ] as ReadonlyArray<readonly [string, Readonly<Record<string, string>>]>)("%j", ([text, expected]) =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* load(text), { OTHER: "wins", ...expected })
    }),
  )

  it.effect.each([
    ["A=b\nDATABASE_URL postgres://u:geheim@h/d\n", ".env:2: the line is not NAME=value"],
    ["A='b\nc'\nDB_HOST: geheim\n", ".env:3: the line is not NAME=value"],
    ["=geheim\n", ".env:1: the line is not NAME=value"],
    [Buffer.from("\ufeffA=b\n", "utf16le"), "it is not UTF-8 text"],
    [Buffer.from("A=b\n", "utf16le"), ".env:1: the line is not NAME=value"],
  ] as ReadonlyArray<readonly [string | Uint8Array, string]>)("%j is refused, and not told", ([content, expected]) =>
    Effect.gen(function* () {
      const message = yield* Effect.flip(load(content))
      assert.include(message, expected)
      assert.notInclude(message, "geheim")
    }),
  )

  it.effect("a directory of that name, or nothing, sets nothing", () =>
    Effect.gen(function* () {
      const path = join(yield* temporaryDirectory, ".env")
      assert.strictEqual(loadDotEnv(path).size, 0)
      mkdirSync(path)
      assert.strictEqual(loadDotEnv(path).size, 0)
    }).pipe(Effect.scoped),
  )

  const Name = Schema.String.check(Schema.isPattern(/^[A-Z_]{1,8}$/))
  const Value = Schema.String.check(Schema.isPattern(/^[ -~]{0,12}$/))
  it.effect.prop(
    "no line that Node reads is refused",
    { lines: Schema.Array(Schema.Tuple([Name, Value])) },
    ({ lines }) =>
      Effect.gen(function* () {
        const text = lines.map(([name, value]) => `X${name}=${value}`).join("\n")
        const set = yield* load(text)
        for (const [name, value] of Object.entries(parseEnv(text))) assert.strictEqual(set[name], value)
      }),
  )
})
