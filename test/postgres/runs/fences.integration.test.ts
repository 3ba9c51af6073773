import { plainFormat } from "../../../src/domain/Format.ts"
import { RowSet } from "../../../src/domain/rows/RowSet.ts"
import type { UserRepo } from "../../../src/repo/UserRepo.ts"
import { assert, layer } from "@effect/vitest"
import { Effect, Exit, type Layer } from "effect"
import { FileTakenError } from "../../../src/repo/FileTakenError.ts"
import { type Share, wholeFile } from "../../../src/domain/Lane.ts"
import { type Beginning, type FileIdentity, type FileLoad, RunRepo } from "../../../src/repo/RunRepo.ts"
import * as Testing from "../../../src/testing.ts"
import { header, makeShares, makeUser } from "../../utils/records.ts"
import { embedded, native, repos, commit } from "../../utils/repos.ts"

const request = { source: "test", mapping: "m", force: false }

const emails = ["a@example.com", "b@example.com", "c@example.com", "d@example.com"]

/** Four records of ten bytes each, one a chunk, after a header of ten. */
const shares = makeShares(
  emails.map((email) => makeUser({ email })),
  1,
)

const at = (record: number) => ({ byteOffset: 10 + record * 10, line: record + 2 })

/** In two parts of two records. */
const inTwo: Beginning = {
  header,
  format: plainFormat,
  parts: [
    { start: at(0), end: at(2).byteOffset },
    { start: at(2), end: at(4).byteOffset },
  ],
  maxRecordSize: 1024,
}

const inOne: Beginning = { header, format: plainFormat, parts: [{ start: at(0), end: undefined }], maxRecordSize: 1024 }

let files = 0
/** A file that nobody has seen yet. */
const newFile = Effect.gen(function* () {
  const runs = yield* RunRepo
  const { runId } = yield* Effect.scoped(runs.begin(request))
  const [load] = yield* runs.register(runId, request, [{ uri: `/fences${files++}.csv`, fingerprint: "1", size: 50 }])
  return load!
})

/** A file that is begun, and that nobody has. */
const begunFile = Effect.fnUntraced(function* (beginning: Beginning) {
  const runs = yield* RunRepo
  const load = yield* newFile
  yield* runs.beginFile(yield* take(load), beginning)
  return load
})

const take = (load: FileLoad<FileIdentity>, part?: number) =>
  Effect.flatMap(RunRepo, (runs) => runs.take(load.runId, request, load, part))

/** The part as whoever has just taken it knows it. */
const takePart = Effect.fnUntraced(function* (load: FileLoad<FileIdentity>, part?: number) {
  const taken = yield* take(load, part)
  assert.lengthOf(taken.parts, 1)
  return { ...taken, ...taken.parts[0]! }
})
type Held = Effect.Success<ReturnType<typeof takePart>>

const write = (held: Held, share: Share) => commit(held, share)

const finish = (held: Held) => Effect.flatMap(RunRepo, (runs) => runs.finishPart(held))

/** What is to be seen of a file by one who comes new. */
const standing = Effect.fnUntraced(function* ({ file, runId }: FileLoad<FileIdentity>) {
  const runs = yield* RunRepo
  const [load] = yield* runs.register(runId, request, [file])
  const { parts, state } = load!
  return { parts, state, counts: yield* runs.fileCounts(load!) }
})

/** Another process has taken the part: nothing that this one does changes anything. */
const assertFenced = Effect.fnUntraced(function* <A, E>(
  load: FileLoad<FileIdentity>,
  attempt: Effect.Effect<A, E, RunRepo | UserRepo>,
) {
  const before = yield* standing(load)
  const error = yield* Effect.flip(attempt)
  assert.isTrue(error instanceof FileTakenError, String(error))
  assert.deepStrictEqual(yield* standing(load), before)
})

/** All of them of one connection, as a file that is one chunk is written. */
const wholeOf = (shares: ReadonlyArray<Share>): Share =>
  wholeFile({
    rows: RowSet.of(shares.flatMap(({ users }) => users.records)).rows,
    rejects: [],
    from: at(0),
    to: at(shares.length),
    header,
    format: plainFormat,
    isLast: true,
  })

for (const [name, repo] of [
  ["PostgreSQL", repos<unknown>(native)],
  ["PGlite", repos<unknown>(embedded)],
  ["memory", Testing.layerRepo],
] as ReadonlyArray<readonly [string, Layer.Layer<RunRepo | UserRepo, unknown>]>) {
  layer(repo, { timeout: "60 seconds", excludeTestServices: true })(`fences on ${name}`, (it) => {
    it.effect("who had a part before writes no more of it, and does not finish it", () =>
      Effect.gen(function* () {
        const load = yield* begunFile(inTwo)
        const first = yield* takePart(load, 0)
        yield* write(first, shares[0]!)
        const second = yield* takePart(load, 0)
        assert.deepStrictEqual(second.resume!.position, at(1))
        yield* assertFenced(load, write(first, shares[1]!))
        yield* assertFenced(load, finish(first))
        yield* write(second, shares[1]!)
        yield* assertFenced(load, finish(first))
        assert.strictEqual((yield* finish(second)).read, 2)
        yield* assertFenced(load, finish(first))
      }),
    )

    it.effect("a commit that was told to nobody does not let the part begin again", () =>
      Effect.gen(function* () {
        const load = yield* begunFile(inTwo)
        const first = yield* takePart(load, 0)
        yield* write(first, shares[0]!)
        const second = yield* takePart(load, 0)
        yield* assertFenced(load, write(first, shares[0]!))
        yield* assertFenced(load, write(second, shares[0]!))
      }),
    )

    it.effect("who had a file before writes no more of it", () =>
      Effect.gen(function* () {
        const load = yield* begunFile(inOne)
        const first = yield* takePart(load)
        yield* write(first, shares[0]!)
        const second = yield* takePart(load)
        yield* assertFenced(load, write(first, shares[1]!))
        yield* assertFenced(load, finish(first))
        for (const share of shares.slice(1)) yield* write(second, share)
        yield* assertFenced(load, finish(first))
        assert.strictEqual((yield* finish(second)).read, 4)
      }),
    )

    it.effect("who had a file before that nobody has begun neither begins it nor loads it as a whole", () =>
      Effect.gen(function* () {
        const runs = yield* RunRepo
        const load = yield* newFile
        const first = yield* takePart(load)
        const second = yield* takePart(load)
        assert.deepStrictEqual(second.resume, undefined)
        yield* assertFenced(load, write(first, wholeOf(shares)))
        yield* assertFenced(load, finish(first))
        const before = yield* standing(load)
        yield* runs.beginFile(first, inTwo)
        assert.deepStrictEqual(yield* standing(load), before)
        yield* assertFenced(load, write(first, shares[0]!))

        yield* runs.beginFile(second, inOne)
        yield* write(second, shares[0]!)
        const begun = yield* standing(load)
        assert.deepStrictEqual([begun.state, begun.parts.length, begun.counts.read], ["open", 1, 1])
        yield* runs.beginFile(first, inTwo)
        yield* assertFenced(load, write(first, wholeOf(shares)))
        yield* assertFenced(load, finish(first))
        assert.deepStrictEqual(yield* standing(load), begun)
      }),
    )

    it.effect("who takes all of a file has it from those who have its parts", () =>
      Effect.gen(function* () {
        const load = yield* begunFile(inTwo)
        const first = yield* takePart(load, 0)
        const second = yield* takePart(load, 1)
        yield* write(first, shares[0]!)
        const all = yield* take(load)
        assert.deepStrictEqual(
          all.parts.map(({ part, resume }) => [part, resume!.position]),
          [
            [0, at(1)],
            [1, at(2)],
          ],
        )
        yield* assertFenced(load, write(first, shares[1]!))
        yield* assertFenced(load, write(second, shares[2]!))
        for (const [index, part] of all.parts.entries()) {
          const held = { ...all, ...part }
          for (const share of index === 0 ? [shares[1]!] : shares.slice(2)) yield* write(held, share)
          yield* finish(held)
        }
        assert.deepInclude(yield* standing(load), { state: "loaded", parts: [] })
      }),
    )

    it.effect("those who have two parts of a file do not disturb each other", () =>
      Effect.gen(function* () {
        const load = yield* begunFile(inTwo)
        const one = yield* takePart(load, 0)
        const other = yield* takePart(load, 1)
        const otherAgain = yield* takePart(load, 1)
        yield* write(one, shares[0]!)
        yield* assertFenced(load, write(other, shares[2]!))
        yield* write(otherAgain, shares[2]!)
        yield* write(otherAgain, shares[3]!)
        assert.strictEqual((yield* finish(otherAgain)).read, 3)
        assert.deepInclude(yield* standing(load), { state: "open" })
        yield* write(one, shares[1]!)
        assert.strictEqual((yield* finish(one)).read, 4)
        assert.deepInclude(yield* standing(load), { state: "loaded", parts: [] })
      }),
    )

    it.effect(
      "parts are finished in any order, and at once; the file is finished once, with all that was counted",
      () =>
        Effect.gen(function* () {
          const orders = [[0, 1], [1, 0], undefined] as const
          for (const order of orders) {
            const load = yield* begunFile(inTwo)
            const held = [yield* takePart(load, 0), yield* takePart(load, 1)]
            for (const [record, share] of shares.entries()) yield* write(held[record >> 1]!, share)
            const finished = yield* Effect.forEach(order ?? [0, 1], (part) => finish(held[part]!), {
              concurrency: order === undefined ? 2 : 1,
            })
            for (const { read } of finished) assert.strictEqual(read, 4)
            const { counts, state } = yield* standing(load)
            assert.deepStrictEqual([counts.read, state], [4, "loaded"])
            // May be repeated, in any order.
            for (const part of [1, 0, 1]) assert.deepStrictEqual(yield* finish(held[part]!), counts)
            assert.deepStrictEqual((yield* standing(load)).counts, counts)
          }
        }),
    )

    it.effect("to finish a part may be repeated while others are open", () =>
      Effect.gen(function* () {
        const load = yield* begunFile(inTwo)
        const held = yield* takePart(load, 1)
        for (const share of shares.slice(2)) yield* write(held, share)
        const counts = yield* finish(held)
        assert.strictEqual(counts.read, 2)
        assert.deepStrictEqual(yield* finish(held), counts)
        const { parts, state } = yield* standing(load)
        assert.deepStrictEqual([state, parts.map(({ part }) => part)], ["open", [0]])
      }),
    )

    it.effect("what is finished stays finished for whoever takes it", () =>
      Effect.gen(function* () {
        const load = yield* begunFile(inTwo)
        const held = yield* takePart(load, 1)
        for (const share of shares.slice(2)) yield* write(held, share)
        yield* finish(held)
        assert.deepInclude(yield* take(load, 1), { state: "open", parts: [] })
        const one = yield* takePart(load, 0)
        for (const share of shares.slice(0, 2)) yield* write(one, share)
        assert.strictEqual((yield* finish(one)).read, 4)
        assert.deepInclude(yield* take(load, 0), { state: "loaded", parts: [] })
        assert.deepInclude(yield* take(load), { state: "loaded", parts: [] })
      }),
    )

    it.effect(
      "a file whose last chunk is committed, and which nobody has finished, is finished by whoever takes it",
      () =>
        Effect.gen(function* () {
          for (const part of [0, 1, undefined]) {
            const load = yield* begunFile(inTwo)
            const held = [yield* takePart(load, 0), yield* takePart(load, 1)]
            for (const [record, share] of shares.entries()) yield* write(held[record >> 1]!, share)
            const taken = yield* take(load, part)
            assert.isAbove(taken.parts.length, 0)
            for (const left of taken.parts) yield* finish({ ...taken, ...left })
            // As whoever lists the source again finds it.
            for (const left of (yield* standing(load)).parts) yield* finish(yield* takePart(load, left.part))
            assert.deepInclude(yield* standing(load), { state: "loaded", parts: [] })
          }
        }),
    )

    it.effect("of many who take a part and write at once, each chunk is committed once", () =>
      Effect.gen(function* () {
        const load = yield* begunFile(inTwo)
        for (const record of [0, 1]) {
          const attempts = yield* Effect.all(
            Array.from({ length: 8 }, () =>
              Effect.exit(Effect.flatMap(takePart(load, 0), (held) => write(held, shares[record]!))),
            ),
            { concurrency: 8 },
          )
          const written = attempts.filter(Exit.isSuccess).length
          assert.isAtMost(written, 1)
          // Where each was overtaken by another.
          if (written === 0) yield* write(yield* takePart(load, 0), shares[record]!)
        }
        const { counts } = yield* standing(load)
        assert.deepInclude(counts, { read: 2 })
      }),
    )
  })
}
