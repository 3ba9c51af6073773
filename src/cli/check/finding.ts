import { Effect, Predicate, Runtime } from "effect"

/** What a check has found, in a line. `note`: good to know, and no reason to fail. `skipped`: something else must be mended first. */
export interface Finding {
  readonly check: string
  readonly state: "ok" | "note" | "wrong" | "skipped"
  readonly text: string
  /** What a run would exit with; 0 unless the state is `wrong`. */
  readonly code: number
}

const finding =
  (state: Finding["state"]) =>
  (check: string, text: string): Finding => ({ check, state, text, code: 0 })

export const ok = finding("ok")
export const note = finding("note")
export const skipped = finding("skipped")

export const wrong = (check: string, text: string, code: number): Finding => ({ check, state: "wrong", text, code })

/** What is wrong with a setting, where an error of Config's own tells no exit code. */
const badConfiguration = 2

/** The error that ended a check, which is what it has found. An error without a message is a defect. */
export const fromError = (check: string, error: unknown): Effect.Effect<Finding> =>
  Predicate.isError(error) && error.message !== ""
    ? Effect.succeed(
        wrong(
          check,
          error.message,
          Runtime.errorExitCode in error ? Runtime.getErrorExitCode(error) : badConfiguration,
        ),
      )
    : Effect.die(error)

/** A check that ends with what it has found, also where it fails: none hides another. */
export const attempt = <E, R>(
  check: string,
  findings: Effect.Effect<ReadonlyArray<Finding>, E, R>,
): Effect.Effect<ReadonlyArray<Finding>, never, R> =>
  findings.pipe(Effect.catch((error) => Effect.map(fromError(check, error), (found) => [found])))
