// What `etl check` reports, a line for each finding.

import { Effect, Predicate, Runtime } from "effect"
import { explain } from "../../observability/Advice.ts"

/** One line of a check. `note`: worth knowing, but no failure. `skipped`: correct another problem first. */
export interface Finding {
  readonly check: string
  readonly state: "ok" | "note" | "wrong" | "skipped"
  readonly text: string
  /** The exit code of a run; 0 unless the state is `wrong`. */
  readonly code: number
}

const finding =
  (state: Finding["state"]) =>
  (check: string, text: string): Finding => ({ check, state, text, code: 0 })

export const ok = finding("ok")
export const note = finding("note")
export const skipped = finding("skipped")

export const wrong = (check: string, text: string, code: number): Finding => ({ check, state: "wrong", text, code })

/** The exit code of errors of `Config`, which have none of their own. */
const badConfiguration = 2

/** The error that ended a check, as its finding. An error without a message is a defect. */
export const fromError = (check: string, error: unknown): Effect.Effect<Finding> =>
  Predicate.isError(error) && error.message !== ""
    ? Effect.map(explain(error), (text) =>
        wrong(check, text, Runtime.errorExitCode in error ? Runtime.getErrorExitCode(error) : badConfiguration),
      )
    : Effect.die(error)

/** A check whose error becomes a finding: no check hides another. */
export const attempt = <E, R>(
  check: string,
  findings: Effect.Effect<ReadonlyArray<Finding>, E, R>,
): Effect.Effect<ReadonlyArray<Finding>, never, R> =>
  findings.pipe(Effect.catch((error) => Effect.map(fromError(check, error), (found) => [found])))
