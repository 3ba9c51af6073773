// What a load would do with the records of a sample: decodes them as it would, and reports why it would reject some.

import type { Reason } from "../../domain/Reject.ts"
import { isReject, makeDecoder } from "../decodeRecords.ts"
import type { Header } from "../header.ts"
import { otherHeaderError } from "../repeatedHeader.ts"
import type { Beginning } from "../Sample.ts"
import { batchesOf } from "../sampleFrames.ts"
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

/** Reasons, each with its records. */
class Tally {
  private readonly counted = new Map<string, ValueProblem & { count: number; readonly lines: Array<number> }>()

  add(reason: Reason, line: number): void {
    const { column, message } = reason
    const key = JSON.stringify([column, message])
    const known = this.counted.get(key)
    if (known === undefined) {
      this.counted.set(key, { column, message, count: 1, lines: [line], value: shownValue(reason) })
    } else {
      known.count++
      if (known.lines.length < linesNamed) known.lines.push(line)
    }
  }

  /** The most frequent first. */
  get problems(): ReadonlyArray<ValueProblem> {
    return [...this.counted.values()].toSorted((left, right) => right.count - left.count)
  }
}

const withoutValue = (problem: ValueProblem): ValueProblem => ({ ...problem, value: null })

/** `isLinked`: a link leads to the file, whose text is not shown. */
export const sampleRejects = (
  beginning: Beginning,
  header: Header,
  { isLinked = false, maxRecordSize }: { readonly isLinked?: boolean | undefined; readonly maxRecordSize: number },
): SampleCheck => {
  const decode = makeDecoder(header, noFile)
  const [rejects, blanked] = [new Tally(), new Tally()]
  let records = 0
  let rejected = 0
  let otherHeader: string | null = null
  for (const frames of batchesOf(beginning, header, maxRecordSize)) {
    const [decoded, other] = decode({ header, start: header.end, frames, blankRows: 0 })
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
  const shown = (tally: Tally) => (isLinked ? tally.problems.map(withoutValue) : tally.problems)
  return { records, rejected, rejects: shown(rejects), blanked: shown(blanked), otherHeader }
}
