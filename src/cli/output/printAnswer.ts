import { Console, Effect, Stream } from "effect"
import type { QueryAnswer, Cell } from "../../repo/ReadOnlyQuery.ts"
import type { AnswerFormat } from "./answerFormat.ts"

// Prints an answer of any length in bounded memory.

/** Rows are printed so many at once, or so many characters of them. */
const rowsAtOnce = 1_000
const charactersAtOnce = 1024 * 1024

const lengthOf = (row: ReadonlyArray<Cell>): number =>
  row.reduce<number>((sum, cell) => {
    if (typeof cell === "string") return sum + cell.length
    return sum + (cell !== null && typeof cell === "object" ? cell.json.length : 8)
  }, 0)

/** Waits until a slow reader of stdout has taken what was printed. One that has gone takes nothing: see `stdoutClosed`. */
export const taken = Effect.suspend(() =>
  process.stdout.writableNeedDrain
    ? Effect.callback<void>((resume) => {
        const onDrain = () => resume(Effect.void)
        process.stdout.once("drain", onDrain)
        return Effect.sync(() => process.stdout.off("drain", onDrain))
      })
    : Effect.void,
)

/** Prints rows as they come, of which few are kept. */
export const printAnswer = Effect.fnUntraced(function* ({ rows }: QueryAnswer, format: AnswerFormat) {
  let kept: Array<ReadonlyArray<Cell>> = []
  let characters = 0
  const flush = Effect.suspend(() => {
    const text = format.rows(kept)
    kept = []
    characters = 0
    return Effect.andThen(Console.log(text), taken)
  })
  yield* Stream.runForEach(rows, (row) => {
    kept.push(row)
    characters += lengthOf(row)
    return kept.length >= rowsAtOnce || characters >= charactersAtOnce ? flush : Effect.void
  })
  if (kept.length > 0) yield* flush
  const end = format.end()
  if (end !== undefined) yield* Effect.andThen(Console.log(end), taken)
})
