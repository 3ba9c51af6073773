// The fields of a file as an inspection shows them.

import { mayBeSecret } from "../../domain/columnNames.ts"
import { fileColumns, fieldColumns } from "../../domain/fileColumns.ts"
import type { Format } from "../../domain/Format.ts"
import type { FieldFacts } from "./FieldFacts.ts"
import type { Field, Kind, Proposal } from "./Inspection.ts"
import { wordsOf } from "./kindOf.ts"
import { columnIn, type FieldAt } from "./propose.ts"
import { looksSecret } from "./looksSecret.ts"
import { positionName } from "./positionName.ts"
import { shownText } from "./shown.ts"

const isSecretColumn = (proposal: Proposal): boolean => {
  const column = columnIn(proposal)
  return column !== undefined && fileColumns[column].isSecret
}

const hidden = "***"

const valuesOf = ({ shown }: FieldFacts, isHidden: boolean): ReadonlyArray<string> =>
  isHidden ? [...shown].slice(0, 1).map(() => hidden) : [...new Set([...shown].map(shownText))]

/** Without texts of the file. */
const withoutText = (kind: Kind): Kind => {
  if (kind._tag === "booleans") return { _tag: "text" }
  if (kind._tag !== "days") return kind
  const forms = kind.forms.map((form) => ({ ...form, example: { ...form.example, value: "" } }))
  return { ...kind, forms, order: null }
}

/** `isLinked`: a link leads to the file, whose text is not shown. */
export const describeFields = (
  fields: ReadonlyArray<FieldAt>,
  { widths }: Format,
  isLinked: boolean,
): ReadonlyArray<Field> =>
  fields.map(({ facts, isUnnameable, kind, name, proposal }, position) => {
    const column = columnIn(proposal)
    const isSecret = mayBeSecret(name) || isSecretColumn(proposal) || [...facts.shown].some(looksSecret)
    return {
      name: name || positionName(position),
      position,
      isUnnameable,
      proposal,
      filled: facts.filled,
      values: isLinked ? [] : valuesOf(facts, isSecret),
      kind: isLinked || isSecret ? withoutText(kind) : kind,
      lookedAt: facts.kept.length,
      nullWords: wordsOf(facts.nullWords),
      longest: facts.longest,
      width: fieldColumns.flatMap((name) => (name === column ? (widths[name] ?? []) : []))[0] ?? null,
    }
  })
