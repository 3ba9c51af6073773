// `etl inspect`: prints what files have, and writes the mapping that it proposes.

import { Console, Effect, FileSystem, Layer, Option, Result, Stream } from "effect"
import type { Field, MappingObject } from "../../csv/inspect/findings.ts"
import { mergeMappings } from "../../csv/inspect/mergeMappings.ts"
import { explain } from "../../observability/Advice.ts"
import { collectLeftOut, explainLeftOut } from "../../observability/LeftOut.ts"
import { withoutFile } from "../../observability/Logging.ts"
import { checkTogether, inspectFiles, type Layout, layoutsOf } from "../../pipeline/Inspect.ts"
import { printable, toJson } from "../../text/printable.ts"
import { quote } from "../../text/shell.ts"
import { NotReady, OutputFileError, UsageError } from "../CommandError.ts"
import type { InspectFlags } from "../flags/inspectFlags.ts"
import { formatOf } from "../flags/formatFlags.ts"
import { CommandLine } from "../invocation.ts"
import { platform, source } from "../layers.ts"
import { readMapping } from "../Mapping.ts"
import { formatInspection } from "../output/formatInspection.ts"
import { freeName } from "../output/freeName.ts"
import { formatMapping } from "../output/inspection/formatMapping.ts"
import { hasEmail, isDecided } from "../output/inspection/isDecided.ts"
import { nextCommands } from "../output/inspection/nextCommands.ts"
import { failAt, makeOutputFiles } from "../output/outputFiles.ts"
import { stdoutWidth } from "../output/stdoutWidth.ts"

export const layer = (flags: InspectFlags) => Layer.merge(source(flags).pipe(Layer.provide(platform)), withoutFile)

/** Refuses a file that is in the way. */
const checkOut = Effect.fnUntraced(function* (out: string) {
  const fs = yield* FileSystem.FileSystem
  if (!(yield* Effect.mapError(fs.exists(out), failAt(out)))) return
  const message = `${out} exists and is not replaced. Name another file: --out ${quote(yield* freeName(out))}`
  return yield* new OutputFileError({ path: out, message })
})

/** Writes a new file as a whole. */
const writeMapping = Effect.fnUntraced(function* (out: string, mapping: MappingObject) {
  const { create, publish } = yield* makeOutputFiles({ replaces: false })
  const file = yield* create(out)
  yield* file.write(new TextEncoder().encode(formatMapping(mapping)))
  yield* file.finish
  yield* publish
}, Effect.scoped)

/** What was found, as the command prints it. */
interface Found {
  readonly layouts: ReadonlyArray<Layout>
  /** Worth knowing: what the source has and is not read. */
  readonly notes: ReadonlyArray<string>
  /** Of files that cannot be inspected. */
  readonly problems: ReadonlyArray<string>
  /** The proposed mapping of all files; undefined: there is none. */
  readonly mapping: MappingObject | undefined
}

const inspect = Effect.fnUntraced(function* (flags: InspectFlags) {
  const { mapping, format } = Option.isNone(flags.mapping)
    ? { mapping: undefined, format: formatOf(flags, {}) }
    : yield* readMapping({ ...flags, mapping: flags.mapping.value })
  const options = { mapping, format, maxRecordSize: flags.maxRecordSize }
  const { leftOut, listed } = yield* collectLeftOut(Stream.runCollect(inspectFiles(options)))
  const layouts = yield* Effect.forEach(layoutsOf(listed), (layout) => checkTogether(layout, options))
  return {
    layouts,
    notes: (yield* Effect.forEach(leftOut, explainLeftOut)).flat(),
    problems: yield* Effect.forEach(
      listed.flatMap(({ result }) => (Result.isFailure(result) ? result.failure : [])),
      explain,
    ),
    mapping: mapping === undefined ? mergeMappings(layouts.map(({ inspection }) => inspection)) : undefined,
  } satisfies Found
})

const isLocated = ({ proposal }: Field): boolean => proposal._tag === "mapped" && proposal.target === "ip_address"

const uriOf = ({ file }: Layout["files"][number]): string => file.uri

/** The JSON of a layout, without what only a program can use. */
const toObject = ({ files, inspection }: Layout) => ({
  files: files.map(uriOf),
  ...inspection,
  mapping: inspection.mapping.object,
})

const format = ({ layouts, notes, problems }: Found): ReadonlyArray<string> => [
  ...layouts.flatMap(({ files, inspection }) => [
    ...formatInspection(
      files.map(({ file }) => file.name),
      inspection,
      stdoutWidth(),
    ),
    "",
  ]),
  ...[...notes, ...problems].map(printable),
]

/** What a load does with addresses, which a person must know before. */
const whereAddressesGo = ({ layouts }: Found): ReadonlyArray<string> =>
  layouts.some(({ inspection }) => inspection.fields.some(isLocated))
    ? ["A load sends the addresses to ip-api.com: --geo mmdb or --geo none keeps them here."]
    : []

/** Why there is nothing to write. */
const whyNone = ({ mapping }: Found): string =>
  mapping === undefined
    ? "one mapping does not fit all layouts of these files. The commands above make one for each."
    : "nothing proves which header has the e-mails, the key of the users. Say with --header, --skip-lines and --delimiter where they are, or write the mapping by hand."

export const handler = Effect.fn("inspect")(function* (flags: InspectFlags) {
  const out = Option.getOrUndefined(flags.out)
  if (out !== undefined) yield* checkOut(out)
  const found = yield* inspect(flags)
  const { layouts, mapping, problems } = found
  const toWrite = out !== undefined && mapping !== undefined && hasEmail(mapping) ? mapping : undefined
  const next = nextCommands({
    words: yield* CommandLine,
    layouts: layouts.map(({ files, inspection }) => ({ uris: files.map(uriOf), inspection })),
    mapping,
    given: Option.getOrUndefined(flags.mapping),
    written: toWrite && out,
  })
  const { json } = flags
  const print = (lines: ReadonlyArray<string>) =>
    json || lines.length === 0 ? Effect.void : Console.log(lines.join("\n"))
  if (json) yield* Console.log(toJson({ layouts: layouts.map(toObject), problems, mapping: mapping ?? null, next }))
  yield* print(format(found))
  if (out !== undefined && toWrite !== undefined) {
    yield* writeMapping(out, toWrite)
    const edit = isDecided(toWrite) ? "" : ' Write the right choice in place of each "?" in it, or remove its line.'
    yield* print([printable(`The mapping is in ${out}.${edit}`)])
  }
  if (next.length > 0)
    yield* print(["Next:", ...next.map((line) => `  ${printable(line)}`), ...whereAddressesGo(found)])
  if (out !== undefined && toWrite === undefined && layouts.length > 0)
    return yield* new UsageError({ message: `${out} is not written: ${whyNone(found)}` })
  if (problems.length > 0) return yield* new NotReady({ code: 5 })
})
