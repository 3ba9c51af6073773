// The mapped columns of a file by kind, and how a record fills them.

import { type FieldColumn, fieldColumns, fileColumns } from "../../domain/fileColumns.ts"
import type { Format } from "../../domain/Format.ts"
import { dayColumns, textColumns } from "../../domain/rows/layout.ts"
import type { Rows } from "../../domain/rows/Rows.ts"
import { readingsOf } from "../../domain/userDecoder.ts"
import type { Fitted } from "../fitHeader.ts"
import type { LineFields } from "./LineFields.ts"
import { AddressColumn, EmailColumn, TextColumn } from "./textColumns.ts"
import { DaysColumn, StatusColumn } from "./valueColumns.ts"

/** In arrays by kind, so that each loop calls methods of one class. */
export class PlainColumns {
  private readonly emails: Array<EmailColumn> = []
  private readonly texts: Array<TextColumn> = []
  private readonly addresses: Array<AddressColumn> = []
  private readonly days: Array<DaysColumn> = []
  private readonly statuses: Array<StatusColumn> = []

  /** Whether the last record has an e-mail with capitals: its row needs it in lower case. */
  get hasCapitals(): boolean {
    return this.emails[0]!.hasCapitals
  }

  /** Undefined: no record of such a file is plain. */
  static of({ extra, ownMapping, positions }: Fitted, format: Format): PlainColumns | undefined {
    if (extra.length > 0) return undefined
    const columns = new PlainColumns()
    const readings = readingsOf(ownMapping, format)
    for (const column of fieldColumns) {
      const field = positions[column]
      if (field !== -1 && !columns.add(column, field, readings[column])) return undefined
    }
    return columns
  }

  /** False: no text of the column is plain. */
  private add(column: FieldColumn, field: number, reading: ReturnType<typeof readingsOf>[FieldColumn]): boolean {
    const form = fileColumns[column].plain(reading)
    const text = textColumns.findIndex((name) => name === column)
    switch (form?.kind) {
      case undefined:
        return false
      case "email":
        this.emails.push(new EmailColumn(field, text))
        return true
      case "text":
        this.texts.push(new TextColumn(field, text, form))
        return true
      case "address":
        this.addresses.push(new AddressColumn(field, text, form))
        return true
      case "day": {
        const day = dayColumns.findIndex((name) => name === column)
        this.days.push(new DaysColumn(field, day, column === "updated_at", form))
        return true
      }
      case "status":
        this.statuses.push(new StatusColumn(field, form))
        return true
    }
  }

  /**
   * Writes the fields of a record that begins at `begin` into the row `rows.count`; false: it is not certain of all of
   * their values, and the row has some of them.
   */
  write(rows: Rows, fields: LineFields, bytes: Uint8Array, begin: number): boolean {
    const { addresses, days, emails, statuses, texts } = this
    for (let index = 0; index < emails.length; index++)
      if (!emails[index]!.write(rows, fields, bytes, begin)) return false
    for (let index = 0; index < texts.length; index++)
      if (!texts[index]!.write(rows, fields, bytes, begin)) return false
    for (let index = 0; index < addresses.length; index++)
      if (!addresses[index]!.write(rows, fields, bytes, begin)) return false
    for (let index = 0; index < days.length; index++) if (!days[index]!.write(rows, fields, bytes)) return false
    for (let index = 0; index < statuses.length; index++) if (!statuses[index]!.write(rows, fields, bytes)) return false
    return true
  }
}
