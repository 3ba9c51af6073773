// The commands to give after an inspection.

import type { Inspection, MappingObject } from "../../../csv/inspect/findings.ts"
import { flagNameOf, formatFlags } from "../../flags/formatFlags.ts"
import { mappingName, sourcePath } from "../../usage/inspectCommand.ts"
import { sameCommand } from "../../usage/sameCommand.ts"
import { withoutFlags } from "../../usage/withoutFlags.ts"
import { hasEmail, isDecided, needsFlags } from "./isDecided.ts"

const ownFlags = { toggles: ["json"], valued: ["out", "mapping"] }

/** The mapping has what they say. */
const saidByMapping = {
  toggles: [],
  valued: Object.keys(formatFlags).map(flagNameOf),
}

export interface Inspected {
  /** The words of the command line. */
  readonly words: ReadonlyArray<string>
  /** The files of each layout, by their URIs, and what was found. */
  readonly layouts: ReadonlyArray<{ readonly uris: ReadonlyArray<string>; readonly inspection: Inspection }>
  /** The mapping of all of them; undefined: there is none. */
  readonly mapping: MappingObject | undefined
  /** The file of --mapping. */
  readonly given: string | undefined
  /** The file that was written. */
  readonly written: string | undefined
}

const flag = (name: string, value: string): ReadonlyArray<string> =>
  value.startsWith("-") ? [`--${name}=${value}`] : [`--${name}`, value]

const withMapping = (words: ReadonlyArray<string>, path: string): string =>
  sameCommand([...words, ...flag("mapping", path)])

/** What to do with the files once their mapping is in a file. */
const loading = (load: ReadonlyArray<string>, path: string, isReady: boolean): ReadonlyArray<string> => [
  withMapping([isReady ? "check" : "inspect", ...load], path),
  withMapping(load, path),
]

/** A name that the mappings of the files before do not have. */
const freeName = (before: ReadonlyArray<string>, uri: string): string => {
  const name = mappingName(uri)
  const same = before.filter((other) => mappingName(other) === name).length
  return same === 0 ? name : mappingName(`${name.replace(/\.mapping\.json$/, "")}-${same + 1}`)
}

/** What a person must decide; it is not guessed. */
const openFlags = (layouts: Inspected["layouts"]): ReadonlyArray<string> =>
  layouts.some(({ inspection }) => inspection.unproved.encoding.length > 0) ? ["--encoding", "NAME"] : []

/** Files of which a pattern names each. */
const mostNamed = 20

/** `{a.csv,b.csv}` for these files of a folder; undefined: a name would not stand for itself, or they are too many. */
const patternOf = (uris: ReadonlyArray<string>): string | undefined => {
  const names = uris.map((uri) => uri.slice(uri.lastIndexOf("/") + 1))
  return uris.length <= mostNamed && names.every((name) => /^[\w.=-]+$/.test(name)) ? `{${names.join(",")}}` : undefined
}

/** The command with these files as its source, or the first of them alone. */
const withFiles = (inspect: ReadonlyArray<string>, uris: ReadonlyArray<string>): ReadonlyArray<string> | undefined => {
  const [first = ""] = uris
  const isOfFolder = first.startsWith("/") && !inspect.some((word) => /^--pattern(?:=|$)/.test(word))
  const pattern = uris.length > 1 && isOfFolder ? patternOf(uris) : undefined
  if (pattern !== undefined) return [...inspect, "--pattern", pattern]
  const path = sourcePath(first)
  const words = withoutFlags(inspect, { toggles: [], valued: ["source", "pattern"] })
  if (path === undefined) return undefined
  return words.toSpliced(words.indexOf("inspect") + 1, 0, ...flag("source", path))
}

/** What makes the mapping of one of several layouts. */
const ofLayout = (
  inspect: ReadonlyArray<string>,
  layout: Inspected["layouts"][number],
  out: string,
): ReadonlyArray<string> => {
  const words = withFiles(inspect, layout.uris)
  return words === undefined ? [] : [sameCommand([...words, ...openFlags([layout]), ...flag("out", out)])]
}

/** Two commands where one mapping is enough, else one for each layout; none where a person must say more first. */
export const nextCommands = ({ given, layouts, mapping, words, written }: Inspected): ReadonlyArray<string> => {
  const inspect = withoutFlags(words, ownFlags)
  const load = inspect.toSpliced(inspect.indexOf("inspect"), 1)
  if (given !== undefined) return loading(load, given, true)
  const ofMapping = withoutFlags(load, saidByMapping)
  if (mapping !== undefined && written !== undefined) return loading(ofMapping, written, isDecided(mapping))
  if (layouts.some(({ inspection }) => needsFlags(inspection))) return []
  const known = layouts.filter(({ inspection }) => hasEmail(inspection.mapping.object))
  if (mapping === undefined) {
    const first = known.map(({ uris }) => uris[0]!)
    return known.flatMap((layout, index) => {
      return ofLayout(inspect, layout, freeName(first.slice(0, index), first[index]!))
    })
  }
  // Nothing is written without the key.
  if (known.length === 0) return []
  const name = mappingName(layouts.length === 1 ? layouts[0]!.uris[0]! : "")
  return [sameCommand([...inspect, ...openFlags(layouts), ...flag("out", name)]), withMapping(ofMapping, name)]
}
