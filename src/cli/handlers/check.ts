// `etl check`: prints what a run would find, and changes nothing.

import { Console, Effect, Option, Result } from "effect"
import { withoutFile } from "../../observability/Logging.ts"
import { plural } from "../../text/format.ts"
import { printable, toJson } from "../../text/printable.ts"
import type { Finding } from "../check/finding.ts"
import { findingsOf } from "../check/findings.ts"
import { formatSettings, type Setting, settingsOf } from "../check/settings.ts"
import { NotReady } from "../CommandError.ts"
import type { CheckFlags } from "../flags/checkFlags.ts"
import { CommandLine } from "../invocation.ts"
import { readMapping } from "../Mapping.ts"
import { stdoutWidth } from "../output/stdoutWidth.ts"
import { sameCommand } from "../usage/sameCommand.ts"
import { withoutFlags } from "../usage/withoutFlags.ts"

export const layer = () => withoutFile

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

/** The JSON output; the exit code of a finding is that of a run. */
const toObject = (exitCode: number, settings: ReadonlyArray<Setting>, findings: ReadonlyArray<Finding>) => ({
  exitCode,
  settings,
  findings: findings.map(({ check, code, state, text }) => ({ check, state, text, exitCode: code })),
})

const notOfDryRun = { toggles: ["cluster", "dry-run"], valued: ["split-size"] }

/** The dry run that also reads the records; `words`: the arguments of the check. */
const dryRun = (words: ReadonlyArray<string>, { source }: CheckFlags): string => {
  const kept = withoutFlags(words.toSpliced(words.indexOf("check"), 1), notOfDryRun)
  return sameCommand([...kept, ...(Option.isSome(source) ? [] : ["--source", "PATH"]), "--dry-run"])
}

/** The most serious first. */
const codes = [6, 5, 2] as const

export const handler = Effect.fn("check")(function* (flags: CheckFlags) {
  const mapping = yield* Effect.result(readMapping(flags))
  const settings = yield* settingsOf(flags, Result.isSuccess(mapping) ? mapping.success.inMapping : {})
  const findings = yield* findingsOf(flags, mapping)
  const bad = findings.filter(({ state }) => state === "wrong")
  const isRejected = findings.some(({ check, state }) => check === "records" && state === "note")
  const code = codes.find((code) => bad.some((finding) => finding.code === code))
  yield* Console.log(
    flags.json
      ? toJson(toObject(code ?? 0, settings, findings))
      : [
          ...formatSettings(settings, stdoutWidth()),
          "",
          ...formatFindings(findings),
          bad.length === 0
            ? `${isRejected ? "No problem found but records that would be rejected." : "No problem found."} Of each file the beginning was read. To check all records, run: ${printable(dryRun(yield* CommandLine, flags))}`
            : `${plural(bad.length, "problem")} found.`,
        ].join("\n"),
  )
  if (code !== undefined) return yield* new NotReady({ code })
})
