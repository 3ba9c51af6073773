import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { mkdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { parseEnv } from "node:util"
import { isOfDotEnv, loadDotEnv, variables } from "../../src/cli/dotEnv.ts"
import { etl } from "../utils/etl.ts"
import { temporaryDirectory } from "../utils/postgres.ts"

/** What a file sets, where `DB_SSLMODE` is set already. The variables are this process's, so they are put back. */
const load = Effect.fnUntraced(function* (content: string | Uint8Array) {
  const path = join(yield* temporaryDirectory, ".env")
  writeFileSync(path, content)
  const before = new Set(Object.keys(process.env))
  process.env["DB_SSLMODE"] = "wins"
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
    [
      "# comment\n\n  export DB_USER = 'b c' # why\nDB_PASS=\"e\nf g\"\nDB_HOST=`i`\nDB_PORT=\n",
      { DB_USER: "b c", DB_PASS: "e\nf g", DB_HOST: "i", DB_PORT: "" },
    ],
    ["DB_SSLMODE=loses\nDATABASE_URL=postgres://u:p#q@h/d?a=b\n", { DATABASE_URL: "postgres://u:p" }],
    ["NODE_OPTIONS=x\nPATH=x\nAWS_CONFIG_FILE=x\nDB_host=x\nDB_HOST=a\n__proto__=x\n", { DB_HOST: "a" }],
    ["", {}],
  ] as ReadonlyArray<readonly [string, Readonly<Record<string, string>>]>)("%j", ([text, expected]) =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* load(text), { DB_SSLMODE: "wins", ...expected })
    }),
  )

  it.effect.each([
    ["A=b\nDATABASE_URL postgres://u:geheim@h/d\n", ".env:2: the line is not NAME=value"],
    ["A='b\nc'\nDB_HOST: geheim\n", ".env:3: the line is not NAME=value"],
    ["=geheim\n", ".env:1: the line is not NAME=value"],
    [Buffer.from("\ufeffA=b\n", "utf16le"), "it is not UTF-8 text"],
    [Buffer.from("A=b\n", "utf16le"), ".env:1: the line is not NAME=value"],
  ] as ReadonlyArray<readonly [string | Uint8Array, string]>)("%j is refused, and not printed", ([content, expected]) =>
    Effect.gen(function* () {
      const message = yield* Effect.flip(load(content))
      assert.include(message, expected)
      assert.notInclude(message, "geheim")
    }),
  )

  it.effect("a directory of that name, or nothing, sets nothing", () =>
    Effect.gen(function* () {
      const path = join(yield* temporaryDirectory, ".env")
      assert.deepStrictEqual(loadDotEnv(path), { set: new Set<string>(), ignored: [] })
      mkdirSync(path)
      assert.deepStrictEqual(loadDotEnv(path), { set: new Set<string>(), ignored: [] })
    }).pipe(Effect.scoped),
  )

  it.effect("names what it ignores, once each", () =>
    Effect.gen(function* () {
      const path = join(yield* temporaryDirectory, ".env")
      writeFileSync(path, "HTTPS_PROXY=x\nOTEL_SERVICE_NAME=x\nHTTPS_PROXY=y\n")
      assert.deepStrictEqual(loadDotEnv(path), {
        set: new Set<string>(),
        ignored: ["HTTPS_PROXY", "OTEL_SERVICE_NAME"],
      })
    }).pipe(Effect.scoped),
  )

  const Name = Schema.Literals(
    variables.map((name) => name.replace("*", "ENDPOINT")).filter((name) => name !== "DB_SSLMODE"),
  )
  const Value = Schema.String.check(Schema.isPattern(/^[ -~]{0,12}$/))
  it.effect.prop(
    "no line that Node reads is refused",
    { lines: Schema.Array(Schema.Tuple([Name, Value])) },
    ({ lines }) =>
      Effect.gen(function* () {
        const text = lines.map(([name, value]) => `${name}=${value}`).join("\n")
        const set = yield* load(text)
        for (const [name, value] of Object.entries(parseEnv(text))) assert.strictEqual(set[name], value)
      }),
  )
})

describe("the variables of .env", () => {
  it.live("are those of etl help", () =>
    Effect.gen(function* () {
      const { stdout } = yield* etl(["help"])
      const [, list = ""] = /A \.env file sets only (.*?)\. /.exec(stdout.replaceAll(/\s+/g, " ")) ?? []
      assert.sameMembers(list.split(", "), [...variables])
    }).pipe(Effect.scoped),
  )

  it.live("are those that the help of a command names, but for what the AWS tools read", () =>
    Effect.gen(function* () {
      const { stdout } = yield* etl(["help", "run"])
      const names = stdout.match(/\b(?:DB|DATABASE|IP_API|AWS|OTEL)_[A-Z_]+/g) ?? []
      assert.sameMembers(
        [...new Set(names)].filter((name) => !isOfDotEnv(name)),
        ["AWS_DEFAULT_REGION", "AWS_PROFILE"],
      )
      assert.includeMembers(
        names,
        [...variables].filter((name) => name.startsWith("DB_")),
      )
    }).pipe(Effect.scoped),
  )
})
