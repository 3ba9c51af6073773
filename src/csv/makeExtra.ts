// The text of the column `extra` from the fields of a record: what `Extra.make` makes of them, at less cost.

import type { ColumnMapping } from "../domain/ColumnMapping.ts"
import { makeIsNullText } from "../domain/Column.ts"
import { nameInExtra, otherHeaders } from "../domain/Target.ts"
import type { ExtraField } from "./fitHeader.ts"
import type { Header } from "./header.ts"
import type { FieldAt } from "./readRecord.ts"

/** What the mapping says of a field that `extra` keeps, else of all others. */
const saidOf = (mapping: ColumnMapping, { name }: ExtraField) =>
  [...mapping.values()].find(({ column }) => nameInExtra(column) === name) ?? mapping.get(otherHeaders) ?? {}

const byName = (left: ExtraField, right: ExtraField): number => (left.name < right.name ? -1 : 1)

const none = () => ""

/** Makes the text of each record; `""` where no field has a value. */
export const makeExtra = ({ extra, format, ownMapping }: Header): ((field: FieldAt) => string) => {
  if (extra.length === 0) return none
  const { nullWords } = format
  const members = extra.toSorted(byName).map((kept) => ({
    isNull: makeIsNullText({ nullWords, said: saidOf(ownMapping, kept) }),
    key: `${JSON.stringify(kept.name)}:`,
    position: kept.position,
  }))
  return (field) => {
    let json = ""
    for (const { isNull, key, position } of members) {
      const text = field(position)
      if (!isNull(text)) json += `${json === "" ? "{" : ","}${key}${JSON.stringify(text)}`
    }
    return json === "" ? "" : `${json}}`
  }
}
