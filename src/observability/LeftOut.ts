// What the listing of a folder or a bucket leaves out: reported once, with a few names.

import { Context, Effect } from "effect"
import type { Fate } from "../domain/fileName.ts"
import { formatNumber } from "../text/format.ts"
import { explain } from "./Advice.ts"

/** What is loaded without a pattern. */
const usually = "Without a pattern only .csv and .tsv files, also with .gz or .zst, are loaded."

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

/** What was found and is not read. A `link` leads to a folder. */
type Kind = Exclude<Fate, "read"> | "folder" | "link"

/** Worth knowing, and the pattern under which it is not left out. */
export interface Notice {
  readonly _tag: "LeftOut"
  readonly message: string
  readonly pattern?: string
  /** What that pattern takes. */
  readonly taken?: string
}

const notice = (message: string): Notice => ({ _tag: "LeftOut", message })

export interface LeftOutOptions {
  /** The folder to which a pattern would be relative: no pattern takes other names. Default: all are in it. */
  readonly folder?: string | undefined
  /** A pattern decides: what it does not take was left out on purpose. Default: no. */
  readonly hasPattern?: boolean | undefined
}

/** What one listing leaves out. */
export class LeftOut {
  readonly #folder: string
  readonly #hasPattern: boolean
  readonly #skipped = new Names()
  readonly #archives = new Names()
  readonly #links = new Names()
  readonly #others = new Names()
  readonly #endings = new Set<string>()
  #hasFiles = false
  #isInFolder = true

  constructor({ folder = "", hasPattern = false }: LeftOutOptions = {}) {
    this.#folder = folder
    this.#hasPattern = hasPattern
  }

  add(kind: Kind, name: string): void {
    if (kind === "skipped") this.#skipped.add(name)
    else if (kind === "archive") {
      this.#archives.add(name)
      this.#endings.add(name.slice(name.lastIndexOf(".") + 1))
    } else if (kind === "link") this.#links.add(name)
    else {
      this.#others.add(name)
      this.#hasFiles ||= kind === "others"
      this.#isInFolder &&= name.startsWith(this.#folder)
    }
  }

  /** What may have been meant to be read. */
  get notices(): ReadonlyArray<Notice> {
    const [others, archives, links] = [this.#others.text, this.#archives.text, this.#links.text]
    return [
      others === undefined || this.#hasPattern ? [] : { ...notice(`Left out: ${others}. ${usually}`), ...this.#advice },
      archives === undefined ? [] : notice(`Left out: ${archives}. Unpack archives first.`),
      links === undefined ? [] : notice(`Left out: ${links}. Links to folders are not followed.`),
    ].flat()
  }

  /** Hidden files and their like, and what a pattern leaves out. */
  get details(): ReadonlyArray<string> {
    const [others, skipped] = [this.#others.text, this.#skipped.text]
    return [
      skipped === undefined ? [] : `Skipped hidden files, lock files or partial downloads: ${skipped}.`,
      others === undefined || !this.#hasPattern ? [] : `Not taken by the pattern: ${others}.`,
    ].flat()
  }

  get #advice(): Pick<Notice, "pattern" | "taken"> {
    if (!this.#isInFolder) return {}
    if (!this.#hasFiles) return { pattern: "**/*.csv", taken: "the .csv files of folders too" }
    const archives = Array.from(this.#endings, (ending) => `*.${ending}`).join("|")
    return { pattern: archives === "" ? "**" : `**/!(${archives})`, taken: "them" }
  }

  /** The message of a listing that found no file, and what it found instead. */
  after(message: string): string {
    const found = [this.#others, this.#archives, this.#links, this.#skipped].flatMap(({ text }) => text ?? [])
    return found.length === 0 ? message : `${message} Found: ${found.join("; ")}.`
  }
}

/** The notices for people, with the program's advice. */
export const explainLeftOut = ({ notices }: LeftOut): Effect.Effect<ReadonlyArray<string>> =>
  Effect.forEach(notices, explain)

const log = (leftOut: LeftOut) =>
  Effect.gen(function* () {
    yield* Effect.forEach(leftOut.details, (text) => Effect.logDebug(text), { discard: true })
    yield* Effect.forEach(yield* explainLeftOut(leftOut), (text) => Effect.logInfo(text), { discard: true })
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
