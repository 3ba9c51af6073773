// The stage that counts words for nothing in columns of text, and the lines that report them once the run has read all.

import { Effect, Stream } from "effect"
import { type DecodedRecords, isReject } from "../csv/decodeRecords.ts"
import type { NullWordTally } from "../domain/NullWordTally.ts"
import { formatNumber, plural } from "../text/format.ts"
import { printable } from "../text/printable.ts"
import { quote } from "../text/shell.ts"
import { rowUser } from "../domain/rows/rowValues.ts"

/** The most words that get a line of their own. */
const mostLines = 10

export const countNullWords =
  (tally: NullWordTally) =>
  <E, R>(decoded: Stream.Stream<DecodedRecords, E, R>): Stream.Stream<DecodedRecords, E, R> =>
    Stream.tap(decoded, ({ records, rows }) =>
      Effect.sync(() => {
        for (const record of records) if (!isReject(record)) tally.add(record.user)
        for (const row of rows.nullWordRows) if (row < rows.count) tally.add(rowUser(rows, row))
      }),
    )

/** Logs each word, and what reads it as empty. */
export const reportNullWords = Effect.fnUntraced(
  function* ({ counts }: NullWordTally) {
    for (const { column, records, word } of counts.slice(0, mostLines)) {
      const where = `${column} is ${word === null ? "a word such as NULL" : `'${word}'`} in ${plural(records, "record")}`
      const advice = `--null ${word === null ? "WORD" : quote(word)} reads it as empty, with --force in a loaded file`
      yield* Effect.logWarning(printable(`${where}: ${advice}`))
    }
    const others = counts.length - mostLines
    if (others > 0) yield* Effect.logWarning(`${formatNumber(others)} other such values are text too.`)
  },
  Effect.annotateLogs({ step: "Transform" }),
)
