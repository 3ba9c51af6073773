// What the listing of a folder or a bucket leaves out: reported once, with a few names.

import { Context, Effect } from "effect"
import { formatNumber } from "../text/format.ts"

/** Names that are reported. */
const maxNames = 3

const maxLength = 80

/** Counts names, and keeps the first. */
class Names {
  readonly #first: Array<string> = []
  #count = 0

  add(name: string): void {
    this.#count++
    if (this.#first.length === maxNames) return
    this.#first.push(name.length > maxLength ? `${name.slice(0, maxLength)}...` : name)
  }

  /** Undefined: there is none. */
  get text(): string | undefined {
    const more = this.#count - this.#first.length
    if (this.#count === 0) return undefined
    return `${this.#first.join(", ")}${more > 0 ? ` and ${formatNumber(more)} more` : ""}`
  }
}

/** What one listing leaves out. */
export class LeftOut {
  readonly #names = { skipped: new Names(), leftOut: new Names() }

  add(fate: "skipped" | "leftOut", name: string): void {
    this.#names[fate].add(name)
  }

  /** What may have been meant to be read; undefined: nothing. */
  get leftOut(): string | undefined {
    const { text } = this.#names.leftOut
    if (text === undefined) return undefined
    return `Left out: ${text}. Only .csv and .tsv files, also with .gz or .zst, are loaded: rename or unpack others, or load one alone.`
  }

  /** Hidden files and their like; undefined: there is none. */
  get skipped(): string | undefined {
    const { text } = this.#names.skipped
    return text && `Skipped hidden files, lock files or partial downloads: ${text}.`
  }

  /** The message of a listing that found no file, and what it found instead. */
  after(message: string): string {
    const found = [this.#names.leftOut.text ?? [], this.#names.skipped.text ?? []].flat()
    return found.length === 0 ? message : `${message} Found: ${found.join("; ")}.`
  }
}

const log = ({ leftOut, skipped }: LeftOut) =>
  Effect.gen(function* () {
    if (skipped !== undefined) yield* Effect.logDebug(skipped)
    if (leftOut !== undefined) yield* Effect.logInfo(leftOut)
  }).pipe(Effect.annotateLogs({ step: "Extract" }))

/** Takes what a listing leaves out; by default the log. */
const LeftOutReport = Context.Reference<(leftOut: LeftOut) => Effect.Effect<void>>(
  "user-activity-etl/observability/LeftOutReport",
  { defaultValue: () => log },
)

export const reportLeftOut = (leftOut: LeftOut): Effect.Effect<void> =>
  Effect.flatMap(LeftOutReport, (report) => report(leftOut))

/** Lists, and returns what the listing leaves out instead of reporting it. */
export const collectLeftOut = <A, E, R>(listing: Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const leftOut: Array<LeftOut> = []
    const collect = (found: LeftOut) => Effect.sync(() => void leftOut.push(found))
    return { listed: yield* Effect.provideService(listing, LeftOutReport, collect), leftOut }
  })
