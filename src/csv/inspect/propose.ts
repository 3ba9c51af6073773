// Proposes a column for each field: by its name where the values fit, and by the values alone where nothing else has them.

import { claimOf, type NameClaim } from "../../domain/columnNames.ts"
import { isEmail } from "../../domain/emailAddress.ts"
import { type FieldColumn, fieldColumns } from "../../domain/fileColumns.ts"
import { otherHeaders } from "../../domain/Target.ts"
import type { FieldFacts } from "./FieldFacts.ts"
import type { Kind, Proposal } from "./findings.ts"
import { kindOf } from "./kindOf.ts"

/** A field by its place in the header, and where its text may go. */
export interface FieldAt {
  /** Trimmed. */
  readonly name: string
  /** No mapping can name it. */
  readonly isUnnameable: boolean
  readonly facts: FieldFacts
  readonly kind: Kind
  readonly proposal: Proposal
}

/** Whether no mapping can name a field among those with these names. */
export const isUnnameable = (name: string, names: ReadonlyArray<string>): boolean =>
  name === "" || name === otherHeaders || names.indexOf(name) !== names.lastIndexOf(name)

type Tag = Kind["_tag"]

/** What the values of a column are. */
const kinds: Readonly<Record<FieldColumn, ReadonlyArray<Tag>>> = {
  source_id: ["text", "numbers", "booleans", "empty"],
  first_name: ["text", "empty"],
  last_name: ["text", "empty"],
  email: ["emails"],
  gender: ["text", "numbers", "booleans", "empty"],
  ip_address: ["addresses", "empty"],
  created_at: ["days", "empty"],
  updated_at: ["days", "empty"],
  password: ["text", "numbers", "empty"],
  status: ["booleans", "empty"],
}

const dates: ReadonlyArray<FieldColumn> = ["created_at", "updated_at"]

const isRead = (kind: Kind): boolean => kind._tag !== "days" || kind.reading._tag !== "none"

interface Named extends Omit<FieldAt, "proposal"> {
  /** Undefined: its name means no column, or its values do not fit it. */
  readonly claim: NameClaim | undefined
}

/** The fields whose names mean the column best. */
const claimants = (fields: ReadonlyArray<Named>, column: FieldColumn): ReadonlyArray<Named> => {
  const named = fields.filter(({ claim }) => claim?.column === column)
  const best = Math.min(...named.map(({ claim }) => claim!.rank))
  return named.filter(({ claim }) => claim!.rank === best)
}

/** What is proposed to each of these fields: the column, or that one of them may have it. */
const shared = (
  fields: ReadonlyArray<Named>,
  column: FieldColumn,
  why: "name" | "values",
): ReadonlyArray<readonly [Named, Proposal]> =>
  fields.length === 1
    ? [[fields[0]!, { _tag: "mapped", target: column, why }]]
    : fields.map((field) => [field, { _tag: "candidates", columns: [column], why }])

/**
 * The fields with their proposals, in their order. `names`: trimmed; a field without one, or with one that another field
 * has, gets none. Without records (`hasRecords`) the names alone decide.
 */
export const propose = (
  names: ReadonlyArray<string>,
  facts: ReadonlyArray<FieldFacts>,
  hasRecords: boolean,
): ReadonlyArray<FieldAt> => {
  const named = names.map((name, position) => {
    const cannotBeNamed = isUnnameable(name, names)
    const claim = cannotBeNamed ? undefined : claimOf(name)
    const own = facts[position]!
    return { name, facts: own, kind: kindOf(own, claim?.column), isUnnameable: cannotBeNamed, claim }
  })
  const hasEmails = named.some(({ kind }) => kind._tag === "emails")
  const fits = ({ column }: NameClaim, { facts, kind }: Pick<Named, "facts" | "kind">): boolean =>
    (kinds[column].includes(kind._tag) && isRead(kind)) ||
    // Most of its e-mails may be broken, and no other field has better ones.
    (column === "email" && !hasEmails && facts.kept.some(({ text }) => isEmail(text)))
  const fields = named.map(({ claim, ...field }): Named => {
    const isKept = claim !== undefined && (!hasRecords || fits(claim, field))
    return Object.assign(field, { claim: isKept ? claim : undefined })
  })

  const byName = fieldColumns.flatMap((column) => shared(claimants(fields, column), column, "name"))
  const taken = new Set(fields.flatMap(({ claim }) => claim?.column ?? []))
  const free = fields.filter(({ claim, isUnnameable }) => claim === undefined && !isUnnameable)
  const ofKind = (tag: Tag) => free.filter(({ kind }) => kind._tag === tag)
  const ifFree = (column: FieldColumn, tag: Tag) => (taken.has(column) ? [] : shared(ofKind(tag), column, "values"))
  const freeDates = dates.filter((column) => !taken.has(column))
  const days = freeDates.length === 0 ? [] : ofKind("days").filter(({ kind }) => isRead(kind))
  const byValues = [
    ...ifFree("email", "emails"),
    ...ifFree("ip_address", "addresses"),
    ...days.map((field) => [field, { _tag: "candidates", columns: freeDates, why: "values" }] as const),
  ]
  const proposals = new Map<Named, Proposal>([...byName, ...byValues])
  return fields.map((field) => ({
    name: field.name,
    facts: field.facts,
    kind: field.kind,
    isUnnameable: field.isUnnameable,
    proposal: proposals.get(field) ?? { _tag: "none" },
  }))
}

/** The column of a proposal, where it is the only one. */
export const columnIn = (proposal: Proposal): FieldColumn | undefined =>
  proposal._tag === "mapped"
    ? fieldColumns.find((column) => column === proposal.target)
    : proposal._tag === "candidates" && proposal.columns.length === 1
      ? proposal.columns[0]
      : undefined
