// Which of the lines that may be the header of a file is taken for it, and which a person may choose instead.

import { claimOf } from "../../domain/columnNames.ts"
import type { NamedFields } from "../header.ts"
import type { Line } from "../headerLines.ts"
import type { EmailEvidence } from "./findings.ts"

/** A line under a delimiter, and what follows it. */
export interface Candidate extends NamedFields {
  readonly line: Line
  readonly emails: ReadonlyArray<EmailEvidence>
  /** Names that mean a column. */
  readonly known: number
  /** Whether a name means that its field has e-mails. */
  readonly namesEmail: boolean
  /** Whether most records that follow it have as many fields, or none follows. */
  readonly isTable: boolean
}

const namesEmail = (fields: ReadonlyArray<string>): boolean =>
  fields.some((field) => claimOf(field)?.column === "email")

/** Whether one has as many fields as records under the other. */
const isOfTable = ({ format, names }: NamedFields, { fields, format: other }: NamedFields): boolean =>
  format.delimiter === other.delimiter && names.length >= fields.named && names.length <= fields.all

/** Those that a table which begins later skips, although they may be its header or records: some may be malformed. */
export const skippedBy = (table: NamedFields, candidates: ReadonlyArray<Candidate>): ReadonlyArray<Candidate> =>
  candidates.filter(
    (candidate) =>
      candidate.line.number < table.format.headerLine &&
      candidate.format.delimiter === table.format.delimiter &&
      (candidate.names.length > 1 || isOfTable(candidate, table)),
  )

/** Whether the name of a field that has e-mails says so. */
export const isCertain = (emails: Candidate["emails"]): boolean => namesEmail(emails.map(({ name }) => name))

/**
 * The first of those that have the most known names, among the proved ones and what they skip; and the others: as good
 * ones, and lines that the first skips although they may be records of its table. Undefined: none is proved.
 */
export const rankCandidates = (
  candidates: ReadonlyArray<Candidate>,
  hasProof: (candidate: Candidate) => boolean,
): { readonly first: Candidate; readonly others: ReadonlyArray<Candidate> } | undefined => {
  const named = candidates.filter(({ namesEmail }) => namesEmail)
  // Below the names of a table are its records.
  const isBelowNames = (candidate: Candidate): boolean =>
    named.some((above) => above.line.number < candidate.line.number && isOfTable(above, candidate))
  const proved = candidates.filter((candidate) => hasProof(candidate) && !isBelowNames(candidate))
  const possible = new Set(proved)
  for (const table of proved) {
    for (const candidate of skippedBy(table, candidates)) {
      if (candidate.namesEmail || isOfTable(candidate, table)) possible.add(candidate)
    }
  }
  const most = Math.max(...Array.from(possible, ({ known }) => known))
  const first = candidates.find((candidate) => possible.has(candidate) && candidate.known === most)
  if (first === undefined) return undefined
  const skipped = skippedBy(first, candidates)
  // Above names that are certain only another header is worth a question: else it is a title.
  const listed = new Set(
    isCertain(first.emails)
      ? skipped.filter((candidate) => candidate.known > 0 && isOfTable(candidate, first))
      : skipped,
  )
  const isAsGood = (other: Candidate): boolean => possible.has(other) && other.known === most
  // Where the line has no delimiter, each gives the same field.
  const differs = ({ format, line, names }: Candidate): boolean =>
    names.length > 1 || (line !== first.line && format.delimiter === first.format.delimiter)
  const others = candidates.filter(
    (other) => other !== first && differs(other) && (listed.has(other) || isAsGood(other)),
  )
  return { first, others }
}
