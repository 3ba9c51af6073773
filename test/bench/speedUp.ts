import { Effect } from "effect"
import { availableParallelism } from "node:os"
import { join } from "node:path"
import { environment } from "../utils/postgres.ts"
import { writeFiles } from "./inputs.ts"
import { newDatabase, type Setting } from "./overhead.ts"
import * as ProcessorTime from "./processorTime.ts"
import { etl, etlArguments, median, query, verdict } from "./program.ts"
import * as Workers from "./workers.ts"

// Work that waits for others, as where the database is far away: what the processors of this machine are hardly needed for.
// Everything is real, but each transaction of users waits before it begins.

const latency = 200
const concurrency = 2
const chunksOfFile = 5
const chunkSize = 10

/** Each file that a worker has loaded is told by it. */
const loadedBy = (output: string): number => output.match(/\.csv: \d+ record/g)?.length ?? 0

/** Of one run. */
interface Drive {
  /** From its plan to its end. */
  readonly filesPerSecond: number
  /** The share of the files that the busiest worker had. */
  readonly mostOfOne: number
  /** The share of this machine's processors that workers and server took. */
  readonly busy: number
}

/** `files`: how many to load, one run after the other. */
const drives = Effect.fnUntraced(function* (
  setting: Setting,
  count: number,
  files: ReadonlyArray<number>,
  round: number,
) {
  const { directory, server } = setting
  const database = yield* newDatabase(setting)
  const workers = yield* Workers.start({
    server,
    database,
    directory,
    count,
    args: (port) => [
      ...etlArguments().slice(0, -1),
      join(import.meta.dirname, "slowWorker.ts"),
      ...[port, concurrency, latency].map(String),
    ],
  })
  const loaded = Effect.map(workers.outputs, (outputs) => outputs.map(loadedBy))
  const processorSeconds = Effect.map(workers.processorSeconds, (seconds) => seconds + ProcessorTime.ofServer(server))
  const run = Effect.fnUntraced(function* (files: number, index: number) {
    const source = join(directory, `${round}-${count}-${index}`)
    writeFiles([source], { files, rows: chunksOfFile * chunkSize, seed: round * 10 + index })
    const [loadedBefore, secondsBefore] = [yield* loaded, yield* processorSeconds]
    yield* etl(
      directory,
      ["--source", source, "--chunksize", String(chunkSize), "--cluster"],
      environment(server, database),
    )
    const each = (yield* loaded).map((files, worker) => files - loadedBefore[worker]!)
    const took = (yield* processorSeconds) - secondsBefore
    const [last] = yield* query(
      server,
      database,
      "select milliseconds::int as milliseconds from etl_runs order by id desc limit 1",
    )
    const seconds = Number(last!["milliseconds"]) / 1_000
    const drive: Drive = {
      filesPerSecond: files / seconds,
      mostOfOne: Math.max(...each) / files,
      busy: took / seconds / availableParallelism(),
    }
    return drive
  })
  // What is compiled and connected when work comes first.
  yield* run(8 * count, 0)
  return yield* Effect.forEach(files, (files, index) => run(files, index + 1))
}, Effect.scoped)

const goal = 3.5

/** How many files so many workers load, one run after the other. */
export interface Case {
  readonly count: number
  readonly files: ReadonlyArray<number>
}

/** How much more workers load in the same time than one: a table. `rounds` is odd. */
export const measure = Effect.fnUntraced(function* (
  setting: Setting,
  { cases, rounds }: { readonly cases: ReadonlyArray<Case>; readonly rounds: number },
) {
  const ofOne = 100
  const measured = yield* Effect.forEach(
    Array(rounds).keys(),
    Effect.fnUntraced(function* (round) {
      const [alone] = yield* drives(setting, 1, [ofOne], round)
      const together = yield* Effect.forEach(cases, ({ count, files }) => drives(setting, count, files, round))
      return { alone: alone!, together }
    }),
  )
  const line = (count: number, files: number, drives: ReadonlyArray<Drive>): string => {
    const figure = (of: (drive: Drive) => number) => median(drives.map(of))
    const speedUp = median(measured.map(({ alone }, round) => drives[round]!.filesPerSecond / alone.filesPerSecond))
    return `| ${[
      count,
      files,
      `${figure(({ filesPerSecond }) => filesPerSecond).toFixed(1)}/s`,
      `${speedUp.toFixed(2)}${count === 4 ? ` (${verdict(speedUp >= goal)})` : ""}`,
      figure(({ mostOfOne }) => 1 / mostOfOne).toFixed(2),
      `${(figure(({ busy }) => busy) * 100).toFixed(0)}%`,
    ].join(" | ")} |`
  }
  const lineOfOne = line(
    1,
    ofOne,
    measured.map(({ alone }) => alone),
  )
  const lines = cases.flatMap(({ count, files }, place) =>
    files.map((files, at) =>
      line(
        count,
        files,
        measured.map(({ together }) => together[place]![at]!),
      ),
    ),
  )
  return [
    `Each transaction waits ${latency} ms; ${chunksOfFile} chunks a file, two files at once a worker. Which worker has a file, the engine decides by a hash: the one that has most of them bounds what can be reached. Goal: ${goal} times with 4 workers. Medians of ${rounds}.`,
    "",
    "| workers | files | loaded | of one worker | at best, as the files were divided | processors busy |",
    "| --- | --- | --- | --- | --- | --- |",
    lineOfOne,
    ...lines,
  ].join("\n")
})
