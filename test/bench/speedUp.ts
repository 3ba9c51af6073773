import { Effect } from "effect"
import { join } from "node:path"
import { environment, freshDatabaseOn } from "../utils/postgres.ts"
import { writeFiles } from "./inputs.ts"
import type { Setting } from "./overhead.ts"
import { etl, etlArguments, median, query, verdict } from "./program.ts"
import * as Workers from "./workers.ts"

// Work that waits for others, as where the database is far away: what the processors of this machine are not needed for.
// Everything is real but for the time that each transaction waits.

const latency = 100
const concurrency = 2
const chunksOfFile = 5
const chunkSize = 10

const source = ({ directory }: Setting, name: string, files: number, seed: number): string => {
  const path = join(directory, name)
  writeFiles([path], { files, rows: chunksOfFile * chunkSize, seed })
  return path
}

/** Each file that a worker has loaded is told by it. */
const loadedBy = (output: string): number => output.match(/\.csv: \d+ record/g)?.length ?? 0

interface Drive {
  readonly files: number
  /** In a second, from the run's plan to its end. */
  readonly filesPerSecond: number
  /** The share of the worker that had most to do. */
  readonly mostOfOne: number
}

/** `files`: how many to load, one run after the other. */
const drives = Effect.fnUntraced(function* (
  setting: Setting,
  count: number,
  files: ReadonlyArray<number>,
  seed: number,
) {
  const { directory, server } = setting
  const database = yield* freshDatabaseOn(server)
  yield* etl(directory, ["init"], environment(server, database))
  const workers = yield* Workers.start({
    server,
    database,
    directory,
    count,
    args: (port) => [
      ...etlArguments.slice(0, -1),
      join(import.meta.dirname, "slowWorker.ts"),
      ...[port, concurrency, latency].map(String),
    ],
  })
  const loaded = Effect.map(workers.outputs, (outputs) => outputs.map(loadedBy))
  const run = Effect.fnUntraced(function* (files: number, index: number) {
    const path = source(setting, `${count}-${seed}-${index}`, files, seed + index)
    const before = yield* loaded
    yield* etl(
      directory,
      ["--source", path, "--chunksize", String(chunkSize), "--cluster"],
      environment(server, database),
    )
    const each = (yield* loaded).map((files, worker) => files - before[worker]!)
    const [last] = yield* query(
      server,
      database,
      "select milliseconds::int as milliseconds from etl_runs order by id desc limit 1",
    )
    const drive: Drive = {
      files,
      filesPerSecond: (files / Number(last!["milliseconds"])) * 1_000,
      mostOfOne: Math.max(...each) / files,
    }
    return drive
  })
  // What is compiled and connected when work comes first.
  yield* run(8 * count, 0)
  return yield* Effect.forEach(files, (files, index) => run(files, index + 1))
}, Effect.scoped)

const goal = 3.5

/** How much more so many workers load in the same time than one: a table. `rounds` is odd. */
export const measure = Effect.fnUntraced(function* (
  setting: Setting,
  {
    counts,
    files,
    rounds,
  }: { readonly counts: ReadonlyArray<number>; readonly files: ReadonlyArray<number>; readonly rounds: number },
) {
  const fewest = Math.min(...files)
  const measured = yield* Effect.forEach(
    Array(rounds).keys(),
    Effect.fnUntraced(function* (index) {
      const [alone] = yield* drives(setting, 1, [fewest], index * 100)
      const together = yield* Effect.forEach(counts, (count) => drives(setting, count, files, index * 100))
      return { alone: alone!, together }
    }),
  )
  const alone = median(measured.map(({ alone }) => alone.filesPerSecond))
  const line = (count: number, place: number, at: number): string => {
    const drives = measured.map(({ together }) => together[place]![at]!)
    const speedUp = median(measured.map(({ alone }, round) => drives[round]!.filesPerSecond / alone.filesPerSecond))
    const mostOfOne = median(drives.map(({ mostOfOne }) => mostOfOne))
    return `| ${[
      count,
      files[at],
      `${median(drives.map(({ filesPerSecond }) => filesPerSecond)).toFixed(1)}/s`,
      `${speedUp.toFixed(2)}${count === 4 ? ` (${verdict(speedUp >= goal)})` : ""}`,
      `${(mostOfOne * 100).toFixed(0)}%`,
      (1 / mostOfOne).toFixed(2),
    ].join(" | ")} |`
  }
  return [
    `Each transaction waits ${latency} ms; ${chunksOfFile} chunks a file, two files at once a worker. Goal: ${goal} times with 4 workers. Medians of ${rounds}.`,
    "",
    "| workers | files | loaded | of one worker | most of one worker | at best with that |",
    "| --- | --- | --- | --- | --- | --- |",
    `| 1 | ${fewest} | ${alone.toFixed(1)}/s | 1.00 | 100% | 1.00 |`,
    ...counts.flatMap((count, place) => files.map((_, at) => line(count, place, at))),
  ].join("\n")
})
