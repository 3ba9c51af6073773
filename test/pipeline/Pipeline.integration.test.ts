import { gzipSync, zstdCompressSync } from "node:zlib"
import { PgClient } from "@effect/sql-pg"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Record, Ref, Schema, Stream } from "effect"
import * as ColumnMapping from "../../src/domain/ColumnMapping.ts"
import { plainFormat } from "../../src/domain/Format.ts"
import { exitCode } from "../../src/domain/RunSummary.ts"
import { GeoLocator } from "../../src/geo/GeoLocator.ts"
import * as Pipeline from "../../src/pipeline/Pipeline.ts"
import * as Repositories from "../../src/postgres/Repositories.ts"
import { Source } from "../../src/source/Source.ts"
import { SourceError } from "../../src/domain/SourceFile.ts"
import * as Testing from "../../src/testing.ts"
import { clientLayer, freshDatabase, sharedPostgres } from "../utils/postgres.ts"
import { tries } from "../utils/tries.ts"
import { compareUpdates, dayOf, updateTexts } from "../utils/updates.ts"

const mapping = ColumnMapping.make({ email: "email", name: "first_name", day: "updated_at" })
const options = { mapping, chunkSize: 2 }

/** First names by e-mail, with whether versions of the user differed. */
type Users = Readonly<Record<string, readonly [name: string | null, updated: boolean]>>

const inMemory = {
  repo: Testing.layerRepo,
  users: Effect.gen(function* () {
    const { users } = yield* Testing.Tables
    const rows = [...(yield* Ref.get(users)).values()]
    return Object.fromEntries(rows.map(({ user, updated }) => [user.email, [user.first_name, updated]])) as Users
  }),
}

const onServer = {
  repo: Layer.unwrap(
    Effect.gen(function* () {
      return Layer.provideMerge(Repositories.layer, clientLayer(yield* sharedPostgres, yield* freshDatabase))
    }),
  ),
  users: Effect.gen(function* () {
    const sql = yield* PgClient.PgClient
    const rows = yield* sql<{ email: string; name: string | null; updated: boolean }>`
      select email, first_name as name, updated from users`
    return Object.fromEntries(rows.map(({ email, name, updated }) => [email, [name, updated]])) as Users
  }),
}

/**
 * A source whose files end, when they are read, after so many bytes more; once each. It knows their format, so that what
 * comes before is read.
 */
const breaking = (files: Readonly<Record<string, string | Uint8Array>>, breaks: Array<number>) =>
  Layer.effect(
    Source,
    Effect.map(Source, (source) =>
      Source.of({
        ...source,
        files: Stream.map(source.files, (file) => ({ ...file, format: plainFormat })),
        read: (file, from) => {
          const after = breaks.shift()
          const bytes = source.read(file, from)
          if (after === undefined) return bytes
          const broken = new SourceError({ operation: "read", uri: file.uri, message: "the line went dead" })
          return Stream.concat(
            Stream.map(bytes, (chunk) => chunk.subarray(0, after)),
            Stream.fail(broken),
          )
        },
      }),
    ),
  ).pipe(Layer.provide(Testing.layerSource(files)))

const Version = Schema.Tuple([
  Schema.Literals(["a@example.com", "b@example.com", "c@example.com", "nobody"]),
  Schema.Literals(["Ada", "Bo"]),
  Schema.Literals(updateTexts),
])
const File = Schema.Array(Version).check(Schema.isMaxLength(10))

/** The promise "last version wins", told without the program. */
const expected = (files: ReadonlyArray<typeof File.Type>): Users => {
  const versions = Map.groupBy(
    files.flat().filter(([email]) => email !== "nobody"),
    ([email]) => email,
  )
  return Object.fromEntries(
    [...versions].map(([email, all]) => {
      const [, name] = all.reduce((left, right) => (compareUpdates(right[2], left[2]) >= 0 ? right : left))
      const differs = new Set(all.map(([, name, update]) => `${name} ${dayOf(update)}`)).size > 1
      return [email, [name, differs]]
    }),
  )
}

const makeLines = (count: number, line: (number: number) => string): string =>
  ["email,name,day", ...Array.from({ length: count }, (_, number) => line(number))].map((text) => `${text}\n`).join("")

const compress = {
  none: (text: string) => text,
  gzip: (text: string) => gzipSync(text),
  zstd: (text: string) => zstdCompressSync(text),
}
const Compression = Schema.Literals(["none", "gzip", "zstd"])

const contents = (files: ReadonlyArray<typeof File.Type>, compressions: ReadonlyArray<typeof Compression.Type>) =>
  Object.fromEntries(
    files.map((versions, index) => [
      `${index}.csv`,
      compress[compressions[index]!](
        ["email,name,day", ...versions.map((version) => version.join(","))].map((line) => `${line}\n`).join(""),
      ),
    ]),
  )

const tests = <R, E>(
  name: string,
  times: number,
  { repo, users }: { repo: Layer.Layer<R, E>; users: Effect.Effect<Users, unknown, R> },
) =>
  describe(`Pipeline.run with ${name}`, () => {
    const provide = (files: Readonly<Record<string, string | Uint8Array>>, breaks?: Array<number>) => {
      const source = breaks === undefined ? Testing.layerSource(files) : breaking(files, breaks)
      return Effect.provide(Layer.mergeAll(source, repo as Layer.Layer<any, E>, GeoLocator.none))
    }

    it.live.prop(
      "ends with the tables of an undisturbed run, wherever files break, however they are compressed, for any chunk size and number of connections",
      {
        compressions: Schema.Tuple([Compression, Compression, Compression]),
        files: Schema.Array(File).check(Schema.isMinLength(1), Schema.isMaxLength(3)),
        breaks: Schema.Array(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 200 }))).check(
          Schema.isMaxLength(6),
        ),
        chunkSizes: Schema.Array(Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 5 }))).check(
          Schema.isMinLength(1),
        ),
        concurrencies: Schema.Array(Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 16 }))).check(
          Schema.isMinLength(1),
        ),
      },
      ({ files, compressions, breaks, chunkSizes, concurrencies }) =>
        Effect.gen(function* () {
          for (let attempt = 1; ; attempt++) {
            const chunkSize = chunkSizes[attempt % chunkSizes.length]!
            const concurrency = concurrencies[attempt % concurrencies.length]!
            const summary = yield* Pipeline.run({ ...options, chunkSize, concurrency })
            assert.deepStrictEqual([summary.runId, summary.attempt], [1, attempt])
            if (summary.files.some(({ state }) => state === "failed")) continue
            const records = files.flat()
            assert.strictEqual(summary.totals.read, records.length)
            assert.strictEqual(summary.totals.rejected, records.filter(([email]) => email === "nobody").length)
            break
          }
          assert.deepStrictEqual(yield* users, expected(files))
        }).pipe(provide(contents(files, compressions), [...breaks])),
      { arbitrary: { runs: times } },
    )

    const exported = "id,first_name,last_name,email,gender,ip_address,created_at,updated_at,password,status"
    const exportMapping = ColumnMapping.make({
      first_name: "first_name",
      last_name: "last_name",
      email: "email",
      updated_at: "updated_at",
      status: "status",
    })
    const morning = "1,Older,Name,user1@example.com,F,81.2.69.142,2023-01-05T08:00:00Z,2024-02-06T09:15:00Z,h,false"
    const evening = "1,Newest,Name,user1@example.com,F,81.2.69.142,2023-01-05T08:00:00Z,2024-02-06T18:30:00Z,h,true"
    // The day of the later instant is the earlier one.
    const utc = "2,Older,Zone,user2@example.com,F,81.2.69.142,2023-01-05T08:00:00Z,2024-02-07T01:00:00Z,h,false"
    const zone = "2,Newest,Zone,user2@example.com,F,81.2.69.142,2023-01-05T08:00:00Z,2024-02-06T23:30:00-05:00,h,true"
    const ninth = "1,Ninth,Export,user1@example.com,F,81.2.69.142,2023-01-05,2024-02-06T09:30:00Z,h,true"
    const tenth = "1,Tenth,Export,user1@example.com,F,81.2.69.142,2023-01-05,2024-02-06T18:30:00Z,h,true"

    it.live.each([
      ["the later first", { "a.csv": [evening, morning, zone, utc] }, ["Newest", "Newest"]],
      ["the later last", { "a.csv": [morning, evening, utc, zone] }, ["Newest", "Newest"]],
      ["each in a file of its own", { "1.csv": [zone, morning], "2.csv": [utc, evening] }, ["Newest", "Newest"]],
      ["a file 10 that comes before file 9", { "export_9.csv": [ninth], "export_10.csv": [tenth] }, ["Tenth"]],
      ["a file 9 with what is later", { "export_9.csv": [tenth], "export_10.csv": [ninth] }, ["Tenth"]],
    ] as ReadonlyArray<readonly [string, Readonly<Record<string, ReadonlyArray<string>>>, ReadonlyArray<string>]>)(
      "of one day the later instant wins: %s",
      ([, files, names]) =>
        Effect.forEach([1, 2, 10], (chunkSize) =>
          Effect.gen(function* () {
            yield* Pipeline.run({ mapping: exportMapping, chunkSize })
            assert.deepStrictEqual<unknown>(
              Object.values(yield* users),
              names.map((name) => [name, true]),
            )
          }).pipe(
            provide(Record.map(files, (lines) => [exported, ...lines].map((line) => `${line}\n`).join(""))),
            Effect.scoped,
          ),
        ),
    )

    it.live("--force with a corrected mapping corrects the users", () =>
      Effect.gen(function* () {
        const wrong = ColumnMapping.make({ email: "email", last: "first_name" })
        yield* Pipeline.run({ ...options, mapping: wrong })
        assert.deepStrictEqual(yield* users, { "a@example.com": ["Lovelace", false] })
        const corrected = ColumnMapping.make({ email: "email", name: "first_name" })
        const again = yield* Pipeline.run({ ...options, mapping: corrected })
        assert.strictEqual(again.files[0]!.state, "skipped")
        const forced = yield* Pipeline.run({ ...options, mapping: corrected, force: true })
        assert.deepInclude(forced.totals, { read: 1, updated: 1 })
        assert.deepStrictEqual(yield* users, { "a@example.com": ["Ada", true] })
      }).pipe(provide({ "1.csv": "email,name,last\na@example.com,Ada,Lovelace\n" })),
    )

    it.live("--force loads again although an earlier run of the source could not be finished", () =>
      Effect.gen(function* () {
        const first = yield* Pipeline.run(options)
        assert.strictEqual(exitCode(first), 5)
        const forced = yield* Pipeline.run({ ...options, force: true })
        assert.deepInclude(forced.totals, { read: 1, unchanged: 1 })
        assert.notStrictEqual(forced.runId, first.runId)
        // And goes on with what it began, without a third load.
        const resumed = yield* Pipeline.run({ ...options, force: true })
        assert.deepStrictEqual([resumed.runId, resumed.attempt, resumed.totals.read], [forced.runId, 2, 1])
      }).pipe(provide({ "1.csv": "email,name,day\na@example.com,Ada,\n", "2.csv": "" })),
    )

    it.live("a mapping that did not fit may be mended; one by which records were read may not", () =>
      Effect.gen(function* () {
        const misfit = ColumnMapping.make({ "e-mail": "email" })
        assert.strictEqual(exitCode(yield* Pipeline.run({ ...options, mapping: misfit })), 5)
        // The line breaks after two records.
        assert.strictEqual(exitCode(yield* Pipeline.run(options)), 5)
        const other = ColumnMapping.make({ email: "email" })
        const error = yield* Effect.flip(Pipeline.run({ ...options, mapping: other }))
        assert.include(String(error), "started loading with another column mapping")
        assert.deepInclude((yield* Pipeline.run(options)).totals, { read: 3, inserted: 3 })
      }).pipe(
        provide(
          { "1.csv": "email,name,day\na@example.com,Ada,\nb@example.com,Ada,\nc@example.com,Ada,\n" },
          [1000, 60],
        ),
      ),
    )

    it.live("a load keeps the delimiter that was found: another one is refused, and starts over with force", () =>
      Effect.gen(function* () {
        const begun = { ...options, maxRejects: { _tag: "Records", records: 1 } as const }
        assert.strictEqual(exitCode(yield* Pipeline.run(begun)), 4)
        const error = yield* Effect.flip(Pipeline.run({ ...options, format: { delimiter: "," } }))
        assert.strictEqual(error._tag, "FormatError")
        assert.include(error.message, '1.csv started loading with delimiter ";". Give the same, or start over.')
        const forced = yield* Pipeline.run({ ...options, format: { delimiter: "," }, force: true })
        assert.include(forced.files[0]!.error!, "Headers missing")
        const all = { ...options, maxRejects: { _tag: "Records", records: 2 } as const }
        const same = yield* Pipeline.run({ ...all, format: { delimiter: ";" } })
        assert.deepInclude(same.totals, { read: 4, unchanged: 2, rejected: 2 })
        assert.strictEqual(exitCode(same), 3)
      }).pipe(provide({ "1.csv": "email;name;day\na@example.com;Ada;\nno;;\nno;;\nc@example.com;Ada;\n" })),
    )

    it.live("force with another delimiter loads again what the same run has loaded with the first", () =>
      Effect.gen(function* () {
        const first = yield* Pipeline.run({ ...options, format: { delimiter: ";" }, force: true })
        assert.deepStrictEqual(
          first.files.map(({ state }) => state),
          ["loaded", "failed"],
        )
        const other = yield* Pipeline.run({ ...options, format: { delimiter: "|" }, force: true })
        assert.strictEqual(other.runId, first.runId)
        assert.deepStrictEqual(
          other.files.map(({ state }) => state),
          ["failed", "failed"],
        )
      }).pipe(provide({ "1.csv": "email;name;day\na@example.com;Ada;\n", "2.csv": "" })),
    )

    it.live("goes on with a corrected version of the file that stopped it", () => {
      const limited = { ...options, maxRejects: { _tag: "Records", records: 1 } as const }
      const run = (text: string) => Effect.provide(Pipeline.run(limited), Testing.layerSource({ "1.csv": text }))
      return Effect.gen(function* () {
        const stopped = yield* run("email,name,day\nno,,\nno,,\na@example.com,,\n")
        assert.strictEqual(exitCode(stopped), 4)
        const corrected = yield* run("email,name,day\nb@example.com,,\nno,,\na@example.com,,\n")
        assert.deepInclude(corrected.files[0]!.counts, { read: 3, inserted: 2, rejected: 1 })
        assert.strictEqual(exitCode(corrected), 3)
      }).pipe(Effect.provide(Layer.merge(repo as Layer.Layer<any, E>, GeoLocator.none)))
    })

    it.live("a file that has more rejects than may be stays unfinished, however small", () =>
      Effect.gen(function* () {
        const maxRejects = { _tag: "Records", records: 1 } as const
        for (let attempt = 1; attempt <= 3; attempt++) {
          const stopped = yield* Pipeline.run({ ...options, chunkSize: 10, maxRejects })
          assert.deepStrictEqual([stopped.runId, stopped.attempt, exitCode(stopped)], [1, attempt, 4])
          assert.deepInclude(stopped.files[0], { state: "open" })
          assert.deepInclude(stopped.totals, { read: 3, inserted: 1, rejected: 2 })
        }
      }).pipe(provide({ "1.csv": "email,name,day\nno,,\na@example.com,,\nno,,\n" })),
    )

    it.live("stops although the share of rejects is less again when the file beside it is loaded", () =>
      Effect.gen(function* () {
        const maxRejects = { _tag: "Percent", percent: 10 } as const
        const stopped = yield* Pipeline.run({ ...options, chunkSize: 1_000, maxRejects })
        assert.strictEqual(exitCode(stopped), 4)
        assert.deepInclude(stopped.files[0], { state: "open" })
      }).pipe(
        provide({
          "1.csv": makeLines(1_500, (line) => (line < 150 ? "no,," : `a${line}@example.com,,`)),
          "2.csv": makeLines(900, (line) => `b${line}@example.com,,`),
        }),
      ),
    )

    it.live("goes on with the record size that the file was begun with", () =>
      Effect.gen(function* () {
        const begun = yield* Pipeline.run({ ...options, chunkSize: 1, maxRecordSize: 1_024 })
        assert.strictEqual(exitCode(begun), 5)
        const finished = yield* Pipeline.run({
          ...options,
          maxRecordSize: 4_096,
          maxRejects: { _tag: "Records", records: 1 },
        })
        assert.deepInclude(finished.totals, { read: 2, inserted: 1, rejected: 1 })
      }).pipe(
        // The line breaks after the first record.
        provide({ "1.csv": `email,name,day\na@example.com,,\nb@example.com,${" ".repeat(2_000)},\n` }, [40]),
      ),
    )

    it.live("stops at more rejects than may be, keeps what is committed, and goes on when more are allowed", () =>
      Effect.gen(function* () {
        const maxRejects = { _tag: "Records", records: 2 } as const
        // More connections would load the second file meanwhile.
        const oneAtATime = { ...options, concurrency: 1 }
        const stopped = yield* Pipeline.run({ ...oneAtATime, maxRejects })
        assert.deepInclude(stopped, { stopped: true })
        assert.deepInclude(stopped.totals, { read: 4, rejected: 3, inserted: 1 })
        assert.deepStrictEqual(
          stopped.files.map(({ state }) => state),
          ["open", "open"],
        )
        assert.strictEqual(exitCode(stopped), 4)
        assert.deepStrictEqual(Object.keys(yield* users), ["a@example.com"])
        const again = yield* Pipeline.run({ ...oneAtATime, maxRejects })
        assert.deepInclude(again.totals, { read: 4, rejected: 3 })
        const all = yield* Pipeline.run({ ...oneAtATime, maxRejects: { _tag: "Records", records: 3 } })
        assert.deepInclude(all.totals, { read: 6, rejected: 3, inserted: 3 })
        assert.deepStrictEqual([all.runId, all.attempt, exitCode(all)], [stopped.runId, 3, 3])
      }).pipe(
        provide({
          "1.csv": "email,name,day\nno,,\na@example.com,,\nno,,\nno,,\nb@example.com,,\n",
          "2.csv": "email,name,day\nc@example.com,,\n",
        }),
      ),
    )
  })

tests("the repository in memory", tries(60, 300), inMemory)
tests("PostgreSQL", tries(8, 60), onServer)
