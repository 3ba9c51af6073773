import { NodeFileSystem } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect, FileSystem, Layer, Logger, References } from "effect"
import { TestClock } from "effect/testing"
import * as Mmdb from "../../../src/geo/Mmdb.ts"
import { makeMmdb, type MmdbValue } from "../../utils/mmdb.ts"

const now = Date.UTC(2026, 5, 15, 12)
const day = 86_400_000

/** The build date of a file that is so many days old. */
const daysAgo = (days: number): bigint => BigInt((now - days * day) / 1_000)

/** What is logged when files with these build dates are opened: the details of each file, and the notes on their age. */
const logged = Effect.fnUntraced(function* (buildEpochs: ReadonlyArray<MmdbValue>) {
  const fs = yield* FileSystem.FileSystem
  const directory = yield* fs.makeTempDirectoryScoped()
  const files = yield* Effect.forEach(
    buildEpochs,
    Effect.fnUntraced(function* (buildEpoch, index) {
      const path = `${directory}/${index}.mmdb`
      const networks = [["1.0.0.0/8", { latitude: 1, longitude: 1 }]] as const
      yield* fs.writeFile(path, makeMmdb({ ipVersion: 4, recordSize: 24, networks, buildEpoch }))
      return path
    }),
  )
  const details: Array<Readonly<Record<string, unknown>>> = []
  const notes: Array<string> = []
  const logger = Logger.map(Logger.formatStructured, ({ level, message, annotations }) =>
    level === "INFO" ? notes.push(String(message)) : details.push(annotations),
  )
  yield* TestClock.setTime(now)
  yield* Layer.build(Mmdb.layer({ files })).pipe(
    Effect.provide(Logger.layer([logger])),
    Effect.provideService(References.MinimumLogLevel, "Debug"),
  )
  return { files, details, notes }
}, Effect.provide(NodeFileSystem.layer))

const step = "Locate"

describe("the age of .mmdb files", () => {
  it.effect("is logged at start", () =>
    Effect.gen(function* () {
      const { files, details, notes } = yield* logged([daysAgo(90), daysAgo(0), daysAgo(-0.5)])
      assert.deepStrictEqual(details, [
        { step, file: files[0], built: "2026-03-17", ageDays: 90 },
        { step, file: files[1], built: "2026-06-15", ageDays: 0 },
        // The clock of this machine, or of the other one, is a little wrong.
        { step, file: files[2], built: "2026-06-16", ageDays: 0 },
      ])
      assert.deepStrictEqual(notes, [])
    }),
  )

  it.effect("past 90 days is printed, with the files' names and what to do", () =>
    Effect.gen(function* () {
      const { notes } = yield* logged([daysAgo(91), daysAgo(1), daysAgo(1_000), daysAgo(91)])
      const rest = "some places will be wrong. Download newer files."
      assert.deepStrictEqual(notes, [
        `0.mmdb and 3.mmdb: built on 2026-03-16, 91 days ago; ${rest}`,
        `2.mmdb: built on 2023-09-19, 1000 days ago; ${rest}`,
      ])
    }),
  )

  it.effect("is unknown where the build date makes no sense, which is no damage", () =>
    Effect.gen(function* () {
      const senseless = [0n, 1n, daysAgo(-2), 2n ** 63n, "2026-06-01", Number.NaN, -1, [], {}, false]
      const { files, details, notes } = yield* logged(senseless)
      assert.deepStrictEqual(
        details,
        files.map((file) => ({ step, file, built: null, ageDays: null })),
      )
      assert.deepStrictEqual(notes, [])
    }),
  )
})
