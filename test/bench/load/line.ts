// How a row of `npm run bench` is reported: medians, and whether its goals are met.

import { median, verdict } from "../program.ts"
import type { Figures, Pair, Row } from "./Row.ts"

export const head = [
  "| row | work | etl | other | ratio | goals | etl: processor time, memory | server: processor time, log; other's |",
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

const serverOf = (figures: ReadonlyArray<Figures>): string =>
  [
    seconds(figure(figures.map(({ server }) => server?.processorSeconds))),
    text(figure(figures.map(({ server }) => server && server.wal / 1e6)), 0, " MB"),
  ]
    .filter((part) => part !== "")
    .join(", ")

/** `records`: of the input, which may be smaller than the row says. An odd number of pairs. */
export const line = ({ goals, name, work }: Row, records: number, pairs: ReadonlyArray<Pair>): string => {
  const ours = pairs.map(({ ours }) => ours)
  const theirs = pairs.flatMap(({ theirs }) => theirs ?? [])
  const took = median(ours.map(({ seconds }) => seconds))
  const ratio = figure(pairs.map(({ ours, theirs }) => theirs && ours.seconds / theirs.seconds))
  const processor = figure(ours.map(({ processorSeconds }) => processorSeconds))
  const perMillion = processor === undefined ? undefined : (processor / records) * 1e6
  const memory = figure(ours.map(({ memory }) => memory))
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
  const own = [seconds(processor), text(memory, 0, " MiB")]
  return `| ${[
    name,
    work,
    seconds(took),
    seconds(figure(theirs.map(({ seconds }) => seconds))),
    text(ratio, 2, ""),
    judged.join("; "),
    own.filter((part) => part !== "").join(", "),
    [serverOf(ours), serverOf(theirs)].filter((part) => part !== "").join("; "),
  ].join(" | ")} |`
}
