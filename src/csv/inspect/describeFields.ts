// The fields of a file as an inspection shows them.

import { mayBeSecret } from "../../domain/columnNames.ts"
import { fileColumns, fieldColumns } from "../../domain/fileColumns.ts"
import type { Format } from "../../domain/Format.ts"
import { nameInExtra } from "../../domain/Target.ts"
import type { FieldFacts } from "./FieldFacts.ts"
import type { Field, Kind, Proposal } from "./findings.ts"
import { wordsOf } from "./kindOf.ts"
import { columnIn, type FieldAt } from "./propose.ts"
import { looksSecret } from "./looksSecret.ts"
import { positionName } from "./positionName.ts"
import { hidden, shownEmail, shownText } from "./shown.ts"

const isSecretColumn = (proposal: Proposal): boolean => {
  const column = columnIn(proposal)
  return column !== undefined && fileColumns[column].isSecret
}

const isSecretTarget = (proposal: Proposal): boolean =>
  proposal._tag === "mapped" && mayBeSecret(nameInExtra(proposal.target) ?? "")

const valuesOf = ({ shown }: FieldFacts, show: (text: string) => string): ReadonlyArray<string> => [
  ...new Set([...shown].map(show)),
]

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
    const isSecret =
      mayBeSecret(name) || isSecretColumn(proposal) || isSecretTarget(proposal) || [...facts.shown].some(looksSecret)
    const isOfEmails = column === "email" || kind._tag === "emails"
    return {
      name: name || positionName(position),
      position,
      isUnnameable,
      proposal,
      filled: facts.filled,
      values: isLinked ? [] : valuesOf(facts, isSecret ? () => hidden : isOfEmails ? shownEmail : shownText),
      kind: isLinked || isSecret ? withoutText(kind) : kind,
      lookedAt: facts.kept.length,
      nullWords: isLinked || isSecret ? [] : wordsOf(facts.nullWords),
      longest: facts.longest,
      width: fieldColumns.flatMap((name) => (name === column ? (widths[name] ?? []) : []))[0] ?? null,
    }
  })
