// What a load would do with the records of a sample: decodes them as it would, and reports why it would reject some.

import type { Reason } from "../../domain/Reject.ts"
import { isReject, makeDecoder } from "../decodeRecords.ts"
import { noRows } from "../../domain/rows/Rows.ts"
import type { Header } from "../header.ts"
import { otherHeaderError } from "../repeatedHeader.ts"
import type { Beginning } from "../Sample.ts"
import { batchesOf } from "../sampleFrames.ts"
import { wordsOf } from "./kindOf.ts"
import { looksSecret } from "./looksSecret.ts"
import { shownEmail, shownText } from "./shown.ts"
import type { SampleCheck, ValueProblem } from "./findings.ts"

const linesNamed = 3

/** The records are of no file of a run. */
const noFile = 0

const shownValue = ({ column, value }: Reason): string | null => {
  if (value === undefined || looksSecret(value)) return null
  return column === "email" ? shownEmail(value) : shownText(value)
}

/** Values that are counted for a reason, and those that are shown. */
const valuesCounted = 1_000
const valuesShown = 3

interface Counted {
  readonly column: string | null
  readonly message: string
  readonly lines: Array<number>
  readonly values: Map<string, { readonly word: string; count: number }>
  count: number
}

/** Reasons, each with its records. */
class Tally {
  private readonly counted = new Map<string, Counted>()

  add(reason: Reason, line: number): void {
    const { column, message } = reason
    const key = JSON.stringify([column, message])
    const known: Counted = this.counted.get(key) ?? { column, message, lines: [], values: new Map(), count: 0 }
    this.counted.set(key, known)
    known.count++
    if (known.lines.length < linesNamed) known.lines.push(line)
    const value = shownValue(reason)
    const same = value === null ? undefined : known.values.get(value)
    if (same !== undefined) same.count++
    else if (value !== null && known.values.size < valuesCounted) known.values.set(value, { word: value, count: 1 })
  }

  /** The most frequent first. */
  get problems(): ReadonlyArray<ValueProblem> {
    return Array.from(this.counted.values(), ({ values, ...problem }) => ({
      ...problem,
      values: wordsOf(values).slice(0, valuesShown),
    })).toSorted((left, right) => right.count - left.count)
  }
}

const withoutValues = (problem: ValueProblem): ValueProblem => ({ ...problem, values: [] })

/** `isLinked`: a link leads to the file, whose text is not shown. */
export const sampleRejects = (
  beginning: Beginning,
  header: Header,
  { isLinked = false, maxRecordSize }: { readonly isLinked?: boolean | undefined; readonly maxRecordSize: number },
): SampleCheck => {
  const decode = makeDecoder(header)
  const [rejects, blanked] = [new Tally(), new Tally()]
  let records = 0
  let rejected = 0
  let otherHeader: string | null = null
  for (const frames of batchesOf(beginning, header, maxRecordSize)) {
    const [decoded, other] = decode({ fileId: noFile, header, start: header.end, rows: noRows, frames, blankRows: 0 })
    for (const record of decoded.records) {
      records++
      const isRejected = isReject(record)
      if (isRejected) rejected++
      const [tally, reasons] = isRejected ? [rejects, record.reasons] : [blanked, record.blanked ?? []]
      for (const reason of reasons) tally.add(reason, record.line)
    }
    if (other === undefined) continue
    otherHeader = otherHeaderError(other, header.format.header !== null).message
    break
  }
  const shown = (tally: Tally) => (isLinked ? tally.problems.map(withoutValues) : tally.problems)
  return { records, rejected, rejects: shown(rejects), blanked: shown(blanked), otherHeader }
}
