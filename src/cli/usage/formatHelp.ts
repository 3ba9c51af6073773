// Formats the help of a command.

import { Context, Option } from "effect"
import type { HelpDoc } from "effect/cli"
import { CommandUsage, keyOf } from "./CommandUsage.ts"
import type { Documentation } from "../flags/documented.ts"
import { describe } from "./globalFlags.ts"
import { hang, wrap } from "../output/wrap.ts"

export interface HelpOptions {
  /** Columns of the longest line. */
  readonly width: number
  /** Makes a heading stand out if the terminal can. */
  readonly heading: (text: string) => string
}

const placeholder = ({ type }: HelpDoc.FlagDoc): string => (type === "boolean" ? "" : ` ${type}`)

/** `etl sql <statement> [flags]`: names what is required. */
export const usageLine = (doc: HelpDoc.HelpDoc): string => {
  const name = doc.commandPath?.join(" ") ?? ""
  const required = doc.flags.filter((flag) => flag.required).map((flag) => ` --${flag.name}${placeholder(flag)}`)
  const operands = doc.args?.map((arg) => (arg.required ? ` <${arg.name}>` : ` [<${arg.name}>]`)) ?? []
  return `${name}${doc.subcommands === undefined ? "" : " COMMAND"}${required.join("")}${operands.join("")} [flags]`
}

interface Entry {
  readonly term: string
  readonly text: string
}

/** A mark in brackets, on one line unless it is long. */
const mark = (text: string): string => `[${text.length > 30 ? text : text.replaceAll(" ", "\u00a0")}]`

const flagEntry = (flag: HelpDoc.FlagDoc, documentation: Documentation | undefined): Entry => {
  const { environment = [], unset } = documentation ?? {}
  const marks = [
    ...(flag.required ? [mark("required")] : []),
    ...(unset === undefined ? [] : [mark(`default: ${unset}`)]),
    ...(environment.length === 0 ? [] : [mark(`env: ${environment.join(", ")}`)]),
  ]
  const description = Option.getOrElse(flag.description, () => "")
  return {
    term: [...flag.aliases, `--${flag.name}`].join(", ") + placeholder(flag),
    text: [description, ...marks].join(" "),
  }
}

const maxTermWidth = 22
/** Terms are in a column if this much room is left to their right, or if they are short. */
const minRoom = 46
const shortTerm = 8

/** Terms on the left, their texts on the right, or below if there is no room. */
const entries = (list: ReadonlyArray<Entry>, width: number): ReadonlyArray<string> => {
  const column = Math.min(Math.max(...list.map(({ term }) => term.length)), maxTermWidth) + 4
  return list.flatMap(({ term, text }) => {
    if (width - column < minRoom && column > shortTerm) return [`  ${term}`, ...hang("      ", text, width)]
    const indent = " ".repeat(column)
    if (term.length + 4 > column) return [`  ${term}`, ...hang(indent, text, width)]
    return hang(indent, text, width, `  ${term}`.padEnd(column))
  })
}

/** A command line that can be copied, with line continuations. */
const shellLines = (command: string, width: number): ReadonlyArray<string> =>
  wrap(command, width - 6).map(
    (line, index, lines) => `${index === 0 ? "  " : "    "}${line}${index === lines.length - 1 ? "" : " \\"}`,
  )

/** A page of help: lines of at most `width` columns. */
export const formatHelp = (doc: HelpDoc.HelpDoc, { heading, width }: HelpOptions): string => {
  const { exitCodes, groups, notes, pages } = Context.get(doc.annotations, CommandUsage)
  const sections: Array<ReadonlyArray<string>> = []
  const section = (title: string, lines: ReadonlyArray<string>) => {
    if (lines.length > 0) sections.push([heading(title), ...lines])
  }

  sections.push(wrap(doc.description, width))
  sections.push(hang("       ", `Usage: ${usageLine(doc)}`, width, ""))
  const commands = doc.subcommands?.flatMap((group) => group.commands) ?? []
  const described = commands.map(({ description, name, shortDescription }) => ({
    term: name,
    text: shortDescription ?? description,
  }))
  if (described.length > 0) section("Commands", entries(described, width))
  const about = Object.entries(pages).map(([term, text]) => ({ term, text }))
  if (about.length > 0) section("Pages: etl help PAGE", entries(about, width))
  const operands = (doc.args ?? []).map(({ description, name }) => ({
    term: `<${name}>`,
    text: Option.getOrElse(description, () => ""),
  }))
  if (operands.length > 0) section("Arguments", entries(operands, width))

  const grouped = new Set<string>()
  for (const { flags, note, title } of groups) {
    const list = doc.flags.filter(({ name }) => keyOf(name) in flags)
    for (const { name } of list) grouped.add(name)
    const lines = list.map((flag) => flagEntry(flag, flags[keyOf(flag.name)]?.documentation))
    section(title, [...entries(lines, width), ...(note === undefined ? [] : hang("  ", note, width))])
  }
  const others = doc.flags.filter(({ name }) => !grouped.has(name)).map((flag) => flagEntry(flag, undefined))
  if (others.length > 0) section("Flags", entries(others, width))
  const everywhere = (doc.globalFlags ?? []).map((flag) => flagEntry(describe(flag), undefined))
  section("Flags of every command", entries(everywhere, width))

  const examples = (doc.examples ?? []).flatMap(({ command, description = "" }) =>
    hang("  # ", description, width).concat(shellLines(command, width)),
  )
  section("Examples", examples)
  const codes = Object.entries(exitCodes).map(([code, meaning]) => ({ term: code.padStart(3), text: meaning }))
  if (codes.length > 0) section("Exit codes", entries(codes, width))
  for (const note of notes) sections.push(wrap(note, width))
  return sections.map((lines) => lines.join("\n")).join("\n\n")
}
