// Prints what is kept of a run, rejects or bad values: a line each, or a JSON array.

import { Console, Effect, Stream } from "effect"
import { toJson } from "../../text/printable.ts"
import { makeJsonArray } from "./jsonArray.ts"
import { drained } from "./printAnswer.ts"

/** A pipe or a file gets all. */
const maxOnTerminal = 50

export const print = (text: string) => Effect.andThen(Console.log(text), drained)

/** How many of so many rows `printLines` prints. */
export const shownOf = (all: number): number => (process.stdout.isTTY && all > maxOnTerminal ? maxOnTerminal : Infinity)

/** Prints all rows; returns their number. */
export const printArray = Effect.fnUntraced(function* <A, E, R>(
  rows: Stream.Stream<A, E, R>,
  toObject: (row: A) => object,
) {
  const { elements, end } = makeJsonArray()
  let count = 0
  yield* Stream.runForEachArray(rows, (some) => {
    count += some.length
    return print(elements(some.map((row) => `  ${toJson(toObject(row))}`)))
  })
  yield* print(end())
  return count
})

/** Prints a line for each row, no more than `shown`; returns their number. */
export const printLines = Effect.fnUntraced(function* <A, E, R>(
  rows: Stream.Stream<A, E, R>,
  shown: number,
  toLine: (row: A) => string,
) {
  let count = 0
  yield* rows.pipe(
    Stream.take(shown),
    Stream.runForEachArray((some) => {
      count += some.length
      return print(some.map(toLine).join("\n"))
    }),
  )
  return count
})
