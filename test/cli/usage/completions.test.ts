import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { spawnSync } from "node:child_process"
import { mkdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { etl } from "../../utils/etl.ts"
import { temporaryDirectory } from "../../utils/postgres.ts"

const hasShell = (shell: string): boolean => spawnSync(shell, ["-c", "exit 0"]).status === 0

const script = Effect.fnUntraced(function* (shell: string) {
  const { code, stderr, stdout } = yield* etl(["--completions", shell])
  assert.deepStrictEqual([code, stderr], [0, ""])
  return stdout
})

/** What bash offers for the last word of each line, in a directory with a file `a.csv` and a directory `input`. */
const complete = Effect.fnUntraced(function* (lines: ReadonlyArray<string>) {
  const directory = yield* temporaryDirectory
  mkdirSync(join(directory, "input"))
  writeFileSync(join(directory, "a.csv"), "")
  writeFileSync(join(directory, "etl.bash"), yield* script("bash"))
  const ask = `
    source ./etl.bash
    while IFS= read -r line; do
      COMP_LINE=$line COMP_POINT=\${#line} COMP_WORDS=($line) COMPREPLY=()
      [[ $line == *" " ]] && COMP_WORDS+=("")
      COMP_CWORD=$((\${#COMP_WORDS[@]} - 1))
      _etl etl "\${COMP_WORDS[COMP_CWORD]}" "\${COMP_WORDS[COMP_CWORD - 1]}"
      echo "\${COMPREPLY[*]}"
    done`
  const { status, stderr, stdout } = spawnSync("bash", ["-c", ask], {
    cwd: directory,
    encoding: "utf8",
    input: `${lines.join("\n")}\n`,
  })
  assert.deepStrictEqual([status, stderr], [0, ""])
  return stdout.trimEnd().split("\n")
}, Effect.scoped)

const commands = ["run", "locate", "check", "runs", "rejects", "report", "sql", "init"]

describe.skipIf(!hasShell("bash"))("etl --completions bash", () => {
  it.live("completes commands, flags, choices and files", () =>
    Effect.gen(function* () {
      const asked = {
        "etl ru": "run runs",
        "etl help rej": "rejects",
        "etl --so": "--source",
        "etl run --chu": "--chunksize",
        "etl locate --he": "--help",
        "etl rejects --log-level w": "warn",
        "etl --completions z": "zsh",
        "etl run --geo n": "none",
        "etl --source inp": "input",
        "etl run --embedded i": "input",
        "etl rejects --out a": "a.csv",
      }
      assert.deepStrictEqual(yield* complete(Object.keys(asked)), Object.values(asked))
    }),
  )

  it.live("completes each flag that help shows, and a path where help says FILE, DIR or PATH", () =>
    Effect.gen(function* () {
      for (const command of commands) {
        const { stdout } = yield* etl(["help", command])
        const flags = Array.from(stdout.matchAll(/^ {2}(?:-\w, )?(--[\w-]+)(?: (\S+))?/gm), ([, name, type]) => ({
          name,
          type,
        }))
        const local = flags.filter(({ name }) => name !== "--version" && name !== "--completions")
        const [all] = yield* complete([`etl ${command} --`])
        assert.sameMembers(
          all!.split(" "),
          local.map(({ name }) => name!),
          command,
        )
        const paths = local.filter(({ type }) => /^(?:FILE|DIR|PATH)$/.test(type ?? ""))
        for (const [index, found] of (yield* complete(paths.map(({ name }) => `etl ${command} ${name} `))).entries()) {
          assert.include(found, "input", `${command} ${paths[index]!.name}`)
        }
      }
    }).pipe(Effect.scoped),
  )
})

describe("etl --completions", () => {
  it.live.each(["bash", "zsh", "fish"].filter(hasShell))("%s can read its script", (shell) =>
    Effect.gen(function* () {
      const path = join(yield* temporaryDirectory, "etl")
      writeFileSync(path, yield* script(shell))
      const { status, stderr } = spawnSync(shell, ["-n", path], { encoding: "utf8" })
      assert.deepStrictEqual([status, stderr], [0, ""])
    }).pipe(Effect.scoped),
  )
})
