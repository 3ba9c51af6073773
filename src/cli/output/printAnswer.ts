// Prints an answer of any length in bounded memory.

import { Console, Effect, Stream } from "effect"
import type { QueryAnswer, Cell } from "../../repo/ReadOnlyQuery.ts"
import type { AnswerFormat } from "./answerFormat.ts"

/** Rows are printed when either limit is reached. */
const rowsAtOnce = 1_000
const charactersAtOnce = 1024 * 1024

const lengthOf = (row: ReadonlyArray<Cell>): number =>
  row.reduce<number>((sum, cell) => {
    if (typeof cell === "string") return sum + cell.length
    return sum + (cell !== null && typeof cell === "object" ? cell.json.length : 8)
  }, 0)

/** Waits until a slow reader of stdout has read what was printed; never, if stdout is closed: see `stdoutClosed`. */
export const drained = Effect.suspend(() =>
  process.stdout.writableNeedDrain
    ? Effect.callback<void>((resume) => {
        const onDrain = () => resume(Effect.void)
        process.stdout.once("drain", onDrain)
        return Effect.sync(() => process.stdout.off("drain", onDrain))
      })
    : Effect.void,
)

/** Prints rows as they arrive. */
export const printAnswer = Effect.fnUntraced(function* ({ rows }: QueryAnswer, format: AnswerFormat) {
  let kept: Array<ReadonlyArray<Cell>> = []
  let characters = 0
  const flush = Effect.suspend(() => {
    const text = format.rows(kept)
    kept = []
    characters = 0
    return Effect.andThen(Console.log(text), drained)
  })
  yield* Stream.runForEach(rows, (row) => {
    kept.push(row)
    characters += lengthOf(row)
    return kept.length >= rowsAtOnce || characters >= charactersAtOnce ? flush : Effect.void
  })
  if (kept.length > 0) yield* flush
  const end = format.end()
  if (end !== undefined) yield* Effect.andThen(Console.log(end), drained)
})
