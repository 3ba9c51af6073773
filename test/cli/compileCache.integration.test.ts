import { assert, beforeEach, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { spawnSync } from "node:child_process"
import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  symlinkSync,
  writeFileSync,
} from "node:fs"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { vi } from "vitest"
import { cacheFolder } from "../../src/cli/compileCache.ts"
import { temporaryDirectory } from "../utils/postgres.ts"

const bin = fileURLToPath(import.meta.resolve("../../src/bin.ts"))
const name = "user-activity-etl"
const nobody = 65_534
const isRoot = process.getuid?.() === 0

/** What Node says of its compile cache while the program starts, with no environment but this. */
const start = (env: Readonly<Record<string, string>>, cwd?: string): string => {
  const { status, stderr } = spawnSync(process.execPath, [bin, "--version"], {
    env: { NODE_DEBUG_NATIVE: "COMPILE_CACHE", ...env },
    cwd,
    encoding: "utf8",
  })
  assert.strictEqual(status, 0, stderr)
  return stderr
}

describe("the program", () => {
  it.live("keeps compiled code in the user's own folder, not in the shared one, nor where .env says", () =>
    Effect.gen(function* () {
      const [home, shared] = [yield* temporaryDirectory, yield* temporaryDirectory]
      chmodSync(shared, 0o1777)
      mkdirSync(join(shared, "node-compile-cache"), { mode: 0o777 })
      writeFileSync(join(home, ".env"), `XDG_CACHE_HOME=${shared}\nNODE_COMPILE_CACHE=${shared}\n`)
      const env = { HOME: home, TMPDIR: shared }
      assert.notInclude(start(env, home), shared)
      const folder = join(home, ".cache", name)
      assert.strictEqual(lstatSync(folder).mode & 0o777, 0o700)
      assert.include(start(env), `reading cache from ${folder}`)
      assert.deepStrictEqual(readdirSync(shared, { recursive: true }), ["node-compile-cache"])
    }).pipe(Effect.scoped),
  )

  it.live("uses no folder that was prepared by another user in a home that is theirs", (context) =>
    Effect.gen(function* () {
      if (!isRoot) context.skip("only root can prepare it")
      const home = yield* temporaryDirectory
      const folder = join(home, ".cache", name)
      mkdirSync(folder, { recursive: true })
      for (const path of [folder, dirname(folder), home]) chownSync(path, nobody, nobody)
      assert.notInclude(start({ HOME: home, TMPDIR: home }), home)
      assert.deepStrictEqual(readdirSync(home, { recursive: true }).sort(), [".cache", join(".cache", name)])
    }).pipe(Effect.scoped),
  )
})

describe("the folder", () => {
  beforeEach(() => {
    vi.unstubAllEnvs()
    vi.stubEnv("XDG_CACHE_HOME", undefined)
  })

  it.live("is XDG_CACHE_HOME's where that is absolute", () =>
    Effect.gen(function* () {
      const home = yield* temporaryDirectory
      vi.stubEnv("HOME", home)
      vi.stubEnv("XDG_CACHE_HOME", "relative")
      assert.strictEqual(cacheFolder(), join(home, ".cache", name))
      vi.stubEnv("XDG_CACHE_HOME", join(home, "caches"))
      assert.strictEqual(cacheFolder(), join(home, "caches", name))
      assert.strictEqual(lstatSync(join(home, "caches")).mode & 0o777, 0o700)
      assert.isFalse(existsSync("relative"))
    }).pipe(Effect.scoped),
  )

  const make = (path: string, mode: number): void => {
    mkdirSync(path, { recursive: true })
    chmodSync(path, mode)
  }

  const unsafe: Readonly<Record<string, (folder: string) => void>> = {
    "others may write to it": (folder) => make(folder, 0o777),
    "its group may write to it": (folder) => make(folder, 0o770),
    "others may write to its parent": (folder) => make(dirname(folder), 0o777),
    "others may write to what its parent is in": (folder) => chmodSync(dirname(dirname(folder)), 0o777),
    "it is a link": (folder) => {
      make(dirname(folder), 0o700)
      make(`${folder}-other`, 0o700)
      symlinkSync(`${folder}-other`, folder)
    },
    "its parent is a link to where others may write": (folder) => {
      make(join(dirname(dirname(folder)), "shared"), 0o777)
      symlinkSync("shared", dirname(folder))
    },
    ...(isRoot && {
      "it is another user's": (folder) => {
        make(folder, 0o700)
        chownSync(folder, nobody, nobody)
      },
      "its parent is another user's": (folder) => {
        make(dirname(folder), 0o700)
        chownSync(dirname(folder), nobody, nobody)
      },
    }),
  }

  it.live.each(Object.entries(unsafe))("is not used where %s", ([, prepare]) =>
    Effect.gen(function* () {
      const home = yield* temporaryDirectory
      vi.stubEnv("HOME", home)
      prepare(join(home, ".cache", name))
      const before = readdirSync(home, { recursive: true })
      assert.isUndefined(cacheFolder())
      assert.deepStrictEqual(readdirSync(home, { recursive: true }), before)
    }).pipe(Effect.scoped),
  )

  it.live("may be in a parent where entries can only be replaced by who owns them", () =>
    Effect.gen(function* () {
      const home = yield* temporaryDirectory
      vi.stubEnv("HOME", home)
      make(join(home, ".cache"), 0o1777)
      assert.strictEqual(cacheFolder(), join(home, ".cache", name))
    }).pipe(Effect.scoped),
  )

  it.live("is not looked for where there is no home", () =>
    Effect.gen(function* () {
      const home = join(yield* temporaryDirectory, "absent")
      vi.stubEnv("HOME", home)
      assert.isUndefined(cacheFolder())
      assert.isFalse(existsSync(home))
    }).pipe(Effect.scoped),
  )
})
