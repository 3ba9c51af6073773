import * as NodeServices from "@effect/platform-node/NodeServices"
import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Option, Schema } from "effect"
import { locators } from "../../src/cli/locators.ts"
import { chosenSource, openSource, sources } from "../../src/cli/sources.ts"
import { local } from "../../src/cli/sources/local.ts"
import { s3 } from "../../src/cli/sources/s3.ts"
import { stdin } from "../../src/cli/sources/stdin.ts"
import { JobSettings } from "../../src/cluster/LoadRun.ts"
import { Source } from "../../src/source/Source.ts"
import { directoryOf } from "../utils/etl.ts"

const flags = {
  source: "pre/fix",
  pattern: Option.none<string>(),
  aws: true,
  bucket: Option.some("b"),
  region: Option.none<string>(),
  endpoint: Option.none<string>(),
  sign: false,
}
const worker = { host: "10.0.0.7", endpoint: ["http://store:9000"] }

const jsonOfJob = Schema.fromJsonString(JobSettings)

/** What the database has of a run, however old. */
const stored = (source: string) =>
  `{"source":${source},"mapping":[["email","email"]],"delimiter":",","chunkSize":1000,"maxRecordSize":1048576,"maxRejects":{"_tag":"Percent","percent":10},"force":false,"locationsMaxAge":null,"splitSize":67108864}`

const uriOf = (json: string) =>
  Effect.gen(function* () {
    const job = yield* Schema.decodeEffect(jsonOfJob)(json)
    return Context.get(yield* openSource(job.source, worker), Source).uri
  }).pipe(Effect.scoped, Effect.provide(NodeServices.layer))

describe("the source of a run that workers load", () => {
  it.effect.each([
    [
      `{"_tag":"S3","bucket":"b","prefix":"pre/fix","region":"eu-west-1","endpoint":"http://store:9000","sign":false}`,
      { ...flags, region: Option.some("eu-west-1"), endpoint: Option.some("http://store:9000") },
    ],
    [`{"_tag":"S3","bucket":"b","prefix":"pre/fix","sign":false}`, flags],
    [
      `{"_tag":"S3","bucket":"b","prefix":"pre/fix","pattern":"*/*.csv","sign":false}`,
      { ...flags, pattern: Option.some("*/*.csv") },
      "s3://b/pre/fix/./*/*.csv",
    ],
  ] as const)("is kept as %s, and opened again", ([reference, flags, uri = "s3://b/pre/fix"]) =>
    Effect.gen(function* () {
      const json = stored(reference)
      const job = yield* Schema.decodeEffect(jsonOfJob)(json)
      const referred = { ...job, source: s3.refer(flags) }
      assert.strictEqual(yield* Schema.encodeEffect(jsonOfJob)(referred), json)
      assert.strictEqual(yield* uriOf(json), uri)
    }),
  )

  it.effect("is kept as a path, and opened again", () =>
    Effect.gen(function* () {
      const path = yield* directoryOf({ "a.csv": "email\n" })
      const json = stored(`{"_tag":"Path","path":${JSON.stringify(path)}}`)
      assert.deepStrictEqual(local.refer({ source: ".", pattern: Option.none() }, path), { _tag: "Path", path })
      assert.strictEqual(yield* uriOf(json), path)
    }).pipe(Effect.scoped),
  )

  it.effect("is kept with its pattern, and opened again", () =>
    Effect.gen(function* () {
      const path = yield* directoryOf({ "a.csv": "email\n" })
      const uri = `${path}/./*.csv`
      const reference = local.refer({ source: ".", pattern: Option.some("*.csv") }, uri)
      assert.deepStrictEqual(reference, { _tag: "Path", path: `${path}/`, pattern: "*.csv" })
      assert.strictEqual(yield* uriOf(stored(JSON.stringify(reference))), uri)
    }).pipe(Effect.scoped),
  )

  it.effect("of a kind that the worker does not know is an error that says what to do", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(uriOf(stored(`{"_tag":"Unknown","host":"example.com","ports":[20,21]}`)))
      assert.include(error, { _tag: "SourceError", operation: "list" })
      assert.include(error.message, "The worker at 10.0.0.7 cannot open a source of kind Unknown.")
    }),
  )
})

describe("the kinds of the command line", () => {
  it.each([
    ["/data/a b", "--source '/data/a b'"],
    ["/data/a*[b]", "--source '/data/a*[b]'"],
    ["/data/a*[b]/./dt=*/**/*.csv", "--source '/data/a*[b]/' --pattern 'dt=*/**/*.csv'"],
    ["/./it's*", "--source / --pattern 'it'\\''s*'"],
    ["s3://b/", "--aws --bucket b --source ''"],
    ["s3://b/a//b*", "--aws --bucket b --source 'a//b*'"],
    ["s3://b/in/./dt=*/*.csv", "--aws --bucket b --source in/ --pattern 'dt=*/*.csv'"],
    ["s3://b/./a.csv", "--aws --bucket b --source '' --pattern a.csv"],
  ])("name the source %s again by %s", (uri, expected) => {
    assert.strictEqual(sources.flatMap(({ flagsOf }) => flagsOf(uri) ?? [])[0], expected)
  })

  it.each([
    ["flags of sources", sources.flatMap(({ flags }) => Object.keys(flags))],
    ["flags of sources for workers", sources.flatMap(({ worker }) => Object.keys(worker.flags))],
    ["tags", sources.map(({ tag }) => tag)],
    ["flags of locators", locators.flatMap(({ flags }) => Object.keys(flags))],
    ["names of locators", locators.map(({ name }) => name)],
  ])("do not share %s", (_, names) => {
    assert.isNotEmpty(names)
    assert.strictEqual(new Set(names).size, names.length)
  })

  it.each([
    [{ source: "-", aws: false }, stdin],
    [{ source: "./-", aws: false }, local],
    [{ source: "-", aws: true }, s3],
  ] as const)("%o chooses one", (flags, expected) => {
    assert.strictEqual(chosenSource(flags).tag, expected.tag)
  })

  it.each([
    ["stdin:12", "--source -"],
    ["/data/stdin:12", "--source /data/stdin:12"],
  ])("the flags of %s name it again", (uri, expected) => {
    assert.strictEqual(sources.flatMap(({ flagsOf }) => flagsOf(uri) ?? [])[0], expected)
  })

  it("end with the one kind of sources that no flag names", () => {
    assert.deepStrictEqual(
      sources.map(({ chosenBy }) => chosenBy === undefined),
      sources.map((_, index) => index === sources.length - 1),
    )
  })
})
