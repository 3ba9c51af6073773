import { stdoutWidth } from "../output/stdoutWidth.ts"
import { Console, Effect, Option } from "effect"
import { Command } from "effect/cli"
import { plural } from "../../text/format.ts"
import { printable, toJson } from "../../text/printable.ts"
import { withoutFile } from "../../observability/Logging.ts"
import { checkChecks, type CheckFlags, checkFlags, checkGroups } from "../flags/checkFlags.ts"
import { NotReady } from "../CommandError.ts"
import { withUsage } from "../usage/CommandUsage.ts"
import { checkExitCodes } from "../usage/exitCodes.ts"
import type { Finding } from "../check/finding.ts"
import type { CheckParts } from "../check/findings.ts"
import { CommandLine } from "../origin.ts"
import { sameCommand } from "../usage/sameCommand.ts"
import type { Setting } from "../check/settings.ts"

const states: Readonly<Record<Finding["state"], string>> = {
  ok: "ok",
  note: "note",
  wrong: "WRONG",
  skipped: "skipped",
}

const stateWidth = Math.max(...Object.values(states).map((state) => state.length))

const formatFindings = (findings: ReadonlyArray<Finding>): ReadonlyArray<string> => {
  const checkWidth = Math.max(...findings.map(({ check }) => check.length))
  return findings.map(
    ({ check, state, text }) => `${states[state].padEnd(stateWidth)}  ${check.padEnd(checkWidth)}  ${printable(text)}`,
  )
}

/** What programs read; the exit code of a finding is that of a run. */
const toObject = (exitCode: number, settings: ReadonlyArray<Setting>, findings: ReadonlyArray<Finding>) => ({
  exitCode,
  settings,
  findings: findings.map(({ check, code, state, text }) => ({ check, state, text, exitCode: code })),
})

/** What reads the records: `words` are those of the check. */
const dryRun = (words: ReadonlyArray<string>, { source }: CheckFlags): string => {
  const ofRun = words.toSpliced(words.indexOf("check"), 1)
  const kept = ofRun.filter(
    (word, index) => !/^--(?:cluster|split-size|dry-run)(?:=|$)/.test(word) && ofRun[index - 1] !== "--split-size",
  )
  return sameCommand([...kept, ...(Option.isSome(source) ? [] : ["--source", "PATH"]), "--dry-run"])
}

/** Gravest first. */
const codes = [6, 5, 2] as const

type MakeParts<E> = (flags: CheckFlags) => Effect.Effect<CheckParts<E>>

const makeCheck = <E>(parts: MakeParts<E>) =>
  Effect.fn("check")(function* (flags: CheckFlags) {
    const { formatSettings, settingsOf } = yield* Effect.promise(() => import("../check/settings.ts"))
    const { findingsOf } = yield* Effect.promise(() => import("../check/findings.ts"))
    const settings = yield* settingsOf(flags)
    const findings = yield* findingsOf(flags, yield* parts(flags))
    const bad = findings.filter(({ state }) => state === "wrong")
    const code = codes.find((code) => bad.some((finding) => finding.code === code))
    yield* Console.log(
      flags.json
        ? toJson(toObject(code ?? 0, settings, findings))
        : [
            ...formatSettings(settings, stdoutWidth()),
            "",
            ...formatFindings(findings),
            bad.length === 0
              ? `No problem found. No record was read; to check all, without loading: ${printable(dryRun(yield* CommandLine, flags))}`
              : `${plural(bad.length, "problem")} found.`,
          ].join("\n"),
    )
    if (code !== undefined) return yield* new NotReady({ code })
  })

/** `etl check`: whether a run would find all that it needs. Makes nothing, and asks no service. */
export const check = <E>(parts: MakeParts<E>) =>
  Command.make("check", checkFlags, makeCheck(parts)).pipe(
    Command.provide(() => withoutFile),
    Command.withDescription(
      "Check settings, mapping, database, source and locator, and change nothing. Takes the flags of etl run.",
    ),
    Command.withShortDescription("Check what a run would find, and change nothing"),
    Command.withExamples([
      { command: "etl check", description: "All but the files" },
      { command: "etl check --source ./input/ --geo mmdb", description: "What a run would find" },
      { command: "etl check --json", description: "The same for another program" },
    ]),
    withUsage({ config: checkFlags, groups: checkGroups, checks: checkChecks, exitCodes: checkExitCodes }),
  )
