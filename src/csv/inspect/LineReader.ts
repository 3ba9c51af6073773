// Reads the lines at the beginning of a file under a delimiter: each as a header or a record, with what follows it.

import type { Format } from "../../domain/Format.ts"
import { type Fields, isProblem, makeFieldParser } from "../fields.ts"
import type { Frame } from "../frame.ts"
import type { FieldCounts } from "../FieldCounts.ts"
import type { RecordsAt } from "../header.ts"
import { formatAt, framesAt, type Line } from "../headerLines.ts"
import type { Beginning } from "../Sample.ts"
import { firstRecords } from "../sampleFrames.ts"

/** The fields of a record that begins on a line. */
export interface LineFields {
  readonly frame: Frame
  readonly fields: ReadonlyArray<string>
}

/** Records that show what they are. */
const recordsTried = 20

const hasText = (record: Fields): boolean => isProblem(record) || record.some((field) => field !== "")

export class LineReader {
  private readonly beginning: Beginning
  private readonly format: Format
  private readonly lines: ReadonlyArray<Line>
  private readonly maxRecordSize: number
  /** Each line is asked for by those after it. */
  private readonly read = new Map<string, { readonly frame: Frame; readonly fields: Fields } | undefined>()

  constructor(beginning: Beginning, format: Format, lines: ReadonlyArray<Line>, maxRecordSize: number) {
    this.beginning = beginning
    this.format = format
    this.lines = lines
    this.maxRecordSize = maxRecordSize
  }

  /** Undefined: no well-formed record begins there. */
  fieldsAt(index: number, delimiter: string): LineFields | undefined {
    const { fields, frame } = this.recordAt(index, delimiter) ?? {}
    return frame === undefined || fields === undefined || isProblem(fields) ? undefined : { frame, fields }
  }

  /** Whether a malformed record begins there. */
  isMalformedAt(index: number, delimiter: string): boolean {
    const record = this.recordAt(index, delimiter)
    return record !== undefined && isProblem(record.fields)
  }

  /** Whether such a line is before it, of as many fields: of what is skipped nothing may be a record of the table. */
  hasBefore(
    index: number,
    delimiter: string,
    { all, named }: FieldCounts,
    isSuch: (fields: ReadonlyArray<string>) => boolean,
  ): boolean {
    return this.lines.slice(0, index).some((_, before) => {
      const { fields = [] } = this.fieldsAt(before, delimiter) ?? {}
      return fields.length >= named && fields.length <= all && isSuch(fields)
    })
  }

  /** The first records from there on with as many fields; none where they are fewer than the others. */
  recordsFrom({ end, fields: { all, named }, format }: RecordsAt): {
    readonly isTable: boolean
    readonly records: ReadonlyArray<ReadonlyArray<string>>
  } {
    const following = firstRecords(this.beginning, format, end, this.maxRecordSize, recordsTried).filter(hasText)
    const least = format.shortRows === "null" ? 1 : named
    const records = following.flatMap((fields): ReadonlyArray<ReadonlyArray<string>> =>
      !isProblem(fields) && fields.length >= least && fields.length <= all ? [fields] : [],
    )
    const isTable = records.length * 2 >= following.length
    return { isTable, records: isTable ? records : [] }
  }

  private recordAt(index: number, delimiter: string) {
    const key = `${index} ${delimiter}`
    if (!this.read.has(key)) this.read.set(key, this.parse(this.lines[index]!, delimiter))
    return this.read.get(key)
  }

  private parse(line: Line, delimiter: string) {
    const format = formatAt(this.format, delimiter, line)
    const [frame] = framesAt(this.beginning, format, line, this.maxRecordSize)
    // What comes after a row without text begins on its own line.
    if (frame === undefined || frame.line !== line.number) return undefined
    const [fields] = makeFieldParser(format)([frame])
    return fields && { frame, fields }
  }
}
