import { basename, join } from "node:path"
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs"
import * as NodeServices from "@effect/platform-node/NodeServices"
import { assert, describe, it } from "@effect/vitest"
import { Effect, FileSystem, Layer, PlatformError } from "effect"
import { makeOutputFiles, type OutputOptions } from "../../../src/cli/output/outputFiles.ts"
import { directoryOf } from "../../utils/etl.ts"
import { temporaryDirectory } from "../../utils/postgres.ts"

const failure = (method: string, code: string) =>
  PlatformError.systemError({ _tag: "Unknown", module: "FileSystem", method, cause: { code } })

/** The platform, with what it does to files and folders in order; `link` and `sync` of a folder may fail. */
const recording = (steps: Array<string>, codes: { readonly link?: string; readonly folder?: string } = {}) =>
  Layer.effect(
    FileSystem.FileSystem,
    Effect.map(FileSystem.FileSystem, (fs) => {
      const record = (step: string) => Effect.sync(() => steps.push(step))
      return FileSystem.FileSystem.of({
        ...fs,
        open: (path, options) =>
          Effect.map(fs.open(path, options), (file) => {
            const isFolder = statSync(path).isDirectory()
            const failed =
              isFolder && codes.folder !== undefined ? Effect.fail(failure("sync", codes.folder)) : file.sync
            const written = basename(path).replace(temporary, "$1, unnamed")
            const sync = Effect.andThen(record(`sync ${isFolder ? "folder" : written}`), failed)
            return Object.create(file, { sync: { value: sync } }) as FileSystem.File
          }),
        link: (from, to) =>
          codes.link === undefined
            ? Effect.tap(fs.link(from, to), record(`link ${basename(to)}`))
            : Effect.fail(failure("link", codes.link)),
        rename: (from, to) => Effect.tap(fs.rename(from, to), record(`rename ${basename(to)}`)),
      })
    }),
  ).pipe(Layer.provideMerge(NodeServices.layer))

const write = Effect.fnUntraced(function* (
  paths: ReadonlyArray<string>,
  options: OutputOptions,
  before: Effect.Effect<void> = Effect.void,
) {
  const { create, publish } = yield* makeOutputFiles(options)
  for (const path of paths) {
    const file = yield* create(path)
    yield* file.write(Buffer.from("new"))
    yield* file.finish
  }
  yield* before
  yield* publish
}, Effect.scoped)

/** The name that a file has until it is whole. */
const temporary = /^(.+)\.[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\.tmp$/
const isNew = (path: string): boolean => readFileSync(path, "utf8") === "new"

describe("files of --out", () => {
  it.live("are synced, get their names, and then their folder is synced", () =>
    Effect.gen(function* () {
      const directory = yield* directoryOf({ b: "old" })
      const [a, b] = [join(directory, "a"), join(directory, "b")]
      const steps: Array<string> = []
      yield* Effect.provide(write([a], { replaces: false, mode: 0o600 }), recording(steps))
      yield* Effect.provide(write([b], { replaces: true }), recording(steps))
      assert.deepStrictEqual(steps, [
        "sync a, unnamed",
        "link a",
        "sync folder",
        "sync b, unnamed",
        "rename b",
        "sync folder",
      ])
      assert.deepStrictEqual(readdirSync(directory), ["a", "b"])
      assert.isTrue(isNew(a) && isNew(b))
      assert.strictEqual(statSync(a).mode & 0o777, 0o600)
    }).pipe(Effect.scoped),
  )

  it.live("do not replace a file that was created meanwhile, and then none of them is left", () =>
    Effect.gen(function* () {
      for (const link of [undefined, "EPERM"]) {
        const directory = yield* temporaryDirectory
        const [a, b] = [join(directory, "a"), join(directory, "b")]
        const intrude = Effect.sync(() => writeFileSync(b, "mine"))
        const { message } = yield* Effect.flip(write([a, b], { replaces: false }, intrude)).pipe(
          Effect.provide(recording([], link === undefined ? {} : { link })),
        )
        assert.include(message, `${b} already exists and is not replaced`)
        assert.deepStrictEqual(readdirSync(directory), ["b"])
        assert.strictEqual(readFileSync(b, "utf8"), "mine")
      }
    }).pipe(Effect.scoped),
  )

  it.live("are written where there are no hard links, and where no folder is synced", () =>
    Effect.gen(function* () {
      const directory = yield* temporaryDirectory
      const a = join(directory, "a")
      const platform = recording([], { link: "EPERM", folder: "EINVAL" })
      yield* Effect.provide(write([a], { replaces: false, mode: 0o600 }), platform)
      assert.isTrue(isNew(a))
      assert.strictEqual(statSync(a).mode & 0o777, 0o600)
      assert.deepStrictEqual(readdirSync(directory), ["a"])
    }).pipe(Effect.scoped),
  )

  it.live("fail where the disk fails, in their folder too", () =>
    Effect.gen(function* () {
      const directory = yield* temporaryDirectory
      const a = join(directory, "a")
      const { message } = yield* Effect.flip(write([a], { replaces: false })).pipe(
        Effect.provide(recording([], { folder: "EIO" })),
      )
      assert.include(message, "cannot be written (EIO)")
      assert.isFalse(existsSync(a))
    }).pipe(Effect.scoped),
  )

  it.live("have names of their own until they are whole, whatever else is written there, and leave none", () =>
    Effect.gen(function* () {
      const directory = yield* temporaryDirectory
      const a = join(directory, "a")
      const seen: Array<string> = []
      const look = Effect.sync(() => void seen.push(...readdirSync(directory)))
      const inner = write([a], { replaces: true }, look)
      yield* Effect.provide(
        write([a], { replaces: true }, Effect.orDie(inner.pipe(Effect.provide(NodeServices.layer)))),
        NodeServices.layer,
      )
      assert.lengthOf(new Set(seen), 2)
      assert.isTrue(seen.every((name) => temporary.test(name)))
      assert.deepStrictEqual(readdirSync(directory), ["a"])
    }).pipe(Effect.scoped),
  )
})
