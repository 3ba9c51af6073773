// Finds the header of a file without a mapping: what is before records of which most have an e-mail in one field.

import { Iterable, Option, Result } from "effect"
import { claimOf } from "../../domain/columnNames.ts"
import { isEmail } from "../../domain/emailAddress.ts"
import type { Format } from "../../domain/Format.ts"
import { foreignFormat } from "../foreignFormat.ts"
import { fieldCountsOf, type HeaderOptions, type NamedFields } from "../header.ts"
import { type HeaderError, headerError } from "../HeaderError.ts"
import { findHeaderLines, formatAt, type Line } from "../headerLines.ts"
import { encodingsOf } from "../otherEncodings.ts"
import type { Beginning } from "../Sample.ts"
import { includes, isUtf8, textOf } from "../Text.ts"
import type { EmailEvidence, Evidence, HeaderChoice } from "./findings.ts"
import { LineReader } from "./LineReader.ts"
import { positionName } from "./positionName.ts"
import { type Candidate, isCertain, rankCandidates, skippedBy } from "./rankCandidates.ts"
import { shownEmail } from "./shown.ts"

/** What is found, and what proves it. */
export interface FoundHeader extends NamedFields {
  readonly evidence: Pick<Evidence, "delimiter" | "emails" | "header">
  readonly choices: ReadonlyArray<HeaderChoice>
  /** The records begin on its line: the names are ours. */
  readonly noHeader: boolean
  /** Nothing shows that it is a header: its names may be the values of a record. */
  readonly isUnknown: boolean
}

/**
 * The named fields that have e-mails in most of the records of that many fields. A name that holds an at sign is no name,
 * but an e-mail that is not valid.
 */
const emailsIn = (
  names: ReadonlyArray<string>,
  records: ReadonlyArray<ReadonlyArray<string>>,
): ReadonlyArray<EmailEvidence> =>
  names.flatMap((name, position) => {
    if (name.trim() === "" || name.includes("@")) return []
    // A bar separates fields of another table more often than it is part of an e-mail.
    const found = records.filter(({ [position]: text = "" }) => !text.includes("|") && isEmail(text)).length
    return found * 2 > records.length ? [{ position, name: name.trim(), records: found, of: records.length }] : []
  })

/** Choices that are listed, and names of each. */
const mostListed = 5

const choicesOf = (candidates: ReadonlyArray<Candidate>): ReadonlyArray<HeaderChoice> =>
  candidates.slice(0, mostListed).map(({ format, names }) => ({
    line: format.headerLine,
    delimiter: format.delimiter,
    names: names.slice(0, mostListed).map((name) => (name.includes("@") ? shownEmail(name) : name.trim())),
  }))

const hasAtSign = (fields: ReadonlyArray<string>): boolean => fields.some((field) => field.includes("@"))

const hasEmail = (fields: ReadonlyArray<string>): boolean => fields.some(isEmail)

const hasText = (fields: ReadonlyArray<string>): boolean => fields.some((field) => field.trim() !== "")

/** Of bytes among which some happen to be UTF-8. */
const encodingError = (beginning: Beginning): HeaderError => {
  const names = encodingsOf(beginning)
  const advice = `Name its encoding with --encoding${names.length === 0 ? "" : `: ${names.join(", ")} read all of it`}`
  return headerError("encoding", `The file is not UTF-8. ${advice}.`)
}

/**
 * Of the lines with text before the first record, each under every delimiter: those which records follow that have as
 * many fields, most of them an e-mail in the same field. Names that are known decide between them; without e-mails the
 * names alone. Fails where the bytes are no CSV. `format`: what is known of it.
 */
export const searchByEmails = (
  beginning: Beginning,
  format: Format,
  options: Omit<HeaderOptions, "mapping">,
): Result.Result<FoundHeader, HeaderError> =>
  Result.flatMap(findHeaderLines(beginning, format, options), ({ candidates: lines, delimiters, isNamed }) => {
    const { isLinked = false, maxRecordSize } = options
    const reader = new LineReader(beginning, format, lines, maxRecordSize)

    /** Whether a line before it is such, whatever the number of its fields, or malformed: it may be a record. */
    const hasBefore = (index: number, delimiter: string, isSuch: (fields: ReadonlyArray<string>) => boolean): boolean =>
      lines.slice(0, index).some((_, before) => {
        const { fields = [] } = reader.fieldsAt(before, delimiter) ?? {}
        return reader.isMalformedAt(before, delimiter) || (fields.length > 1 && isSuch(fields))
      })

    const candidateAt = (index: number, delimiter: string): Candidate | undefined => {
      const found = reader.fieldsAt(index, delimiter)
      if (found === undefined || hasEmail(found.fields)) return undefined
      const { fields: names, frame } = found
      const line = lines[index]!
      const records: NamedFields = {
        format: formatAt(format, delimiter, line),
        end: { byteOffset: frame.nextOffset, line: frame.nextLine },
        fields: fieldCountsOf(names),
        names,
      }
      if (records.fields.named === 0 || reader.hasBefore(index, delimiter, records.fields, hasAtSign)) return undefined
      const following = reader.recordsFrom(records)
      const columns = new Set(names.flatMap((name) => claimOf(name)?.column ?? []))
      const emails = emailsIn(names, following.records)
      if (!isCertain(emails) && hasBefore(index, delimiter, hasEmail)) return undefined
      return {
        ...records,
        line,
        emails,
        known: columns.size,
        namesEmail: columns.has("email"),
        isTable: following.isTable,
      }
    }

    const at = textOf(format.encoding).encode("@")
    const mayHaveEmail = ({ end, start }: Line): boolean => includes(beginning.bytes.subarray(start, end), at)

    const provedBy = (by: Evidence["header"]): Evidence["delimiter"] =>
      options.format.delimiter !== undefined ? "given" : isNamed ? "sepLine" : by === null ? null : "header"

    /** `by`: what proves the delimiter. */
    const found = (by: Evidence["header"], first: Candidate, others: ReadonlyArray<Candidate>): FoundHeader => ({
      ...first,
      evidence: {
        header: by === null ? null : first.emails.length > 0 ? "emails" : first.namesEmail ? "names" : null,
        delimiter: provedBy(by),
        emails: first.emails,
      },
      choices: others.length === 0 ? [] : choicesOf([first, ...others]),
      noHeader: false,
      isUnknown: by === null,
    })

    /** The best of those that are proved, and what else may be the header. */
    const best = (
      by: Evidence["header"],
      candidates: ReadonlyArray<Candidate>,
      hasProof: (candidate: Candidate) => boolean,
    ): FoundHeader | undefined => {
      const ranked = rankCandidates(candidates, hasProof)
      return ranked && found(by, ranked.first, ranked.others)
    }

    /** The records that begin on the line: their file has no header. */
    const withoutHeader = (index: number): FoundHeader | undefined => {
      const line = lines[index]!
      for (const delimiter of delimiters) {
        const first = reader.fieldsAt(index, delimiter)
        if (first === undefined || !hasAtSign(first.fields)) continue
        const names = first.fields.map((_, position) => positionName(position))
        const records: NamedFields = {
          format: { ...formatAt(format, delimiter, line), header: names },
          end: { byteOffset: first.frame.offset, line: line.number },
          fields: fieldCountsOf(names),
          names,
        }
        if (reader.hasBefore(index, delimiter, records.fields, hasText)) continue
        if (hasBefore(index, delimiter, hasEmail)) continue
        const emails = emailsIn(names, reader.recordsFrom(records).records)
        if (!emails.some(({ position }) => first.fields[position]!.includes("@"))) continue
        return {
          ...records,
          evidence: { header: null, delimiter: provedBy("emails"), emails },
          choices: [],
          noHeader: true,
          isUnknown: false,
        }
      }
      return undefined
    }

    /** Whether the encoding is UTF-8 only because some bytes happen to be that. */
    const isNoUtf8 = (bytes: Uint8Array): boolean =>
      options.format.encoding === undefined && format.encoding === "utf-8" && !isUtf8(bytes)

    /** What separates the line into the most fields, as most of what follows it. */
    const unproved = (candidates: ReadonlyArray<Candidate>): Result.Result<FoundHeader, HeaderError> => {
      const line = lines[0]!
      const bytes = beginning.bytes.subarray(line.start, Math.min(line.end, line.start + 8_192))
      const foreign = foreignFormat(bytes, beginning.bytes.subarray(line.start), isLinked)
      if (foreign !== undefined) return Result.fail(foreign)
      const tables = candidates.filter(({ isTable, names }) => isTable && names.length > 1)
      const [first, ...others] = tables.length === 0 ? candidates : tables
      // Whoever planted a link may want the text behind it to be shown.
      if (first === undefined || isLinked) {
        if (isNoUtf8(beginning.bytes)) return Result.fail(encodingError(beginning))
        const problem = "No line looks like a header: none is before records of which most have an e-mail in one field"
        return Result.fail(headerError("malformed", `${problem}. Name the columns in a mapping.`))
      }
      const inFirst = others.filter(({ line, names }) => line === first.line && names.length > 1)
      return Result.succeed(found(null, first, inFirst))
    }

    // A title may have an e-mail, but no records like it follow.
    const records = Iterable.filterMap(lines.keys(), (index) => {
      const record = mayHaveEmail(lines[index]!) ? withoutHeader(index) : undefined
      return record === undefined ? Result.failVoid : Result.succeed({ index, record })
    })
    const first = Option.getOrUndefined(Iterable.head(records))
    const candidates = [...lines.slice(0, first?.index).keys()].flatMap((index) =>
      delimiters.flatMap((delimiter) => candidateAt(index, delimiter) ?? []),
    )
    /** One line before it may be a title. */
    const withSkipped = (record: FoundHeader): FoundHeader => {
      const skipped = skippedBy(record, candidates)
      return { ...record, choices: skipped.length > 1 ? choicesOf(skipped) : [] }
    }
    const proved =
      best("emails", candidates, ({ emails }) => emails.length > 0) ??
      (first && withSkipped(first.record)) ??
      best("names", candidates, ({ isTable, names, namesEmail }) => namesEmail && (isTable || names.length > 1))
    if (proved === undefined) return unproved(candidates)
    const before = lines.slice(0, first?.index).at(-1)?.end ?? 0
    const isHeaderUnread = proved.noHeader && isNoUtf8(beginning.bytes.subarray(0, before))
    return isHeaderUnread ? Result.fail(encodingError(beginning)) : Result.succeed(proved)
  })
