// How a row of `npm run bench` is reported: medians (of memory the most), and whether its goals are met.

import { median, verdict } from "../program.ts"
import type { Figures, Pair, Row } from "./Row.ts"

export const head = [
  "| row | work | etl | other | ratio | goals | etl: processor time, most memory | server: processor time, log |",
  "| --- | --- | --- | --- | --- | --- | --- | --- |",
].join("\n")

/** Of those that have the figure. */
const figure = (values: ReadonlyArray<number | undefined>): number | undefined => {
  const known = values.filter((value) => value !== undefined)
  return known.length === 0 ? undefined : median(known)
}

const text = (value: number | undefined, digits: number, unit: string): string =>
  value === undefined ? "" : `${value.toFixed(digits)}${unit}`

const seconds = (value: number | undefined): string => text(value, 1, " s")

/** Of all runs: what it is bounded by. */
const most = (values: ReadonlyArray<number | undefined>): number | undefined => {
  const known = values.filter((value) => value !== undefined)
  return known.length === 0 ? undefined : Math.max(...known)
}

/** What there is of them. */
const joined = (parts: ReadonlyArray<string>, separator: string): string =>
  parts.filter((part) => part !== "").join(separator)

const ownOf = (figures: ReadonlyArray<Figures>): string =>
  joined(
    [
      seconds(figure(figures.map(({ processorSeconds }) => processorSeconds))),
      text(most(figures.map(({ memory }) => memory)), 0, " MiB"),
    ],
    ", ",
  )

const serverOf = (figures: ReadonlyArray<Figures>): string =>
  joined(
    [
      seconds(figure(figures.map(({ server }) => server?.processorSeconds))),
      text(figure(figures.map(({ server }) => server && server.wal / 1e6)), 0, " MB"),
    ],
    ", ",
  )

/** `records`: of the input, which may be smaller than the row says. An odd number of pairs. */
export const line = ({ goals, name, work }: Row, records: number, pairs: ReadonlyArray<Pair>): string => {
  const ours = pairs.map(({ ours }) => ours)
  const theirs = pairs.flatMap(({ theirs }) => theirs ?? [])
  const took = median(ours.map(({ seconds }) => seconds))
  const ratio = figure(pairs.map(({ ours, theirs }) => theirs && ours.seconds / theirs.seconds))
  const processor = figure(ours.map(({ processorSeconds }) => processorSeconds))
  const perMillion = processor === undefined ? undefined : (processor / records) * 1e6
  const memory = most(ours.map(({ memory }) => memory))
  const rate = records / took
  const atMost = (value: number | undefined, goal: number | undefined, unit: string): ReadonlyArray<string> =>
    value === undefined || goal === undefined ? [] : [`${goal}${unit} ${verdict(value <= goal)}`]
  const ofProcessor = atMost(perMillion, goals.processorSeconds, " s of ours a million")
  const judged = [
    ...atMost(ratio, goals.ratio, ""),
    ...atMost(took, goals.seconds, " s"),
    ...ofProcessor.map((judged) => `${judged} (${text(perMillion, 1, "")})`),
    ...atMost(memory, goals.memory, " MiB"),
    ...(goals.recordsPerSecond === undefined
      ? []
      : [`${goals.recordsPerSecond} records/s ${verdict(rate >= goals.recordsPerSecond)} (${rate.toFixed(0)})`]),
  ]
  return `| ${[
    name,
    work,
    seconds(took),
    seconds(figure(theirs.map(({ seconds }) => seconds))),
    text(ratio, 2, ""),
    judged.join("; "),
    ...[ownOf, serverOf].map((of) => joined([of(ours), of(theirs)], "; other's ")),
  ].join(" | ")} |`
}
