// Inspects the beginning of a file by its records, and proposes a mapping.

import { Array, Result } from "effect"
import { mayBeSecret } from "../../domain/columnNames.ts"
import { findEscapes } from "../escapes.ts"
import { findEncoding, type FoundEncoding } from "../findEncoding.ts"
import { headerIn, withLineEnd } from "../findFormat.ts"
import { firstBeyondAscii } from "../firstBeyondAscii.ts"
import { foreignFormat } from "../foreignFormat.ts"
import { givenFields } from "../givenHeader.ts"
import type { Header, HeaderOptions } from "../header.ts"
import type { HeaderError } from "../HeaderError.ts"
import { encodingsOf, readingsOf, singleByte } from "../otherEncodings.ts"
import type { Beginning } from "../Sample.ts"
import { collectFacts } from "./collectFacts.ts"
import { describeFields } from "./describeFields.ts"
import { encodingEvidence, skippedBefore } from "./evidence.ts"
import type { EmailEvidence, Evidence, HeaderChoice, Inspection, Unproved } from "./findings.ts"
import { givenIn, unprovedFormat, withFormat } from "./mappingObject.ts"
import { type FieldAt, propose } from "./propose.ts"
import { positionName } from "./positionName.ts"
import { columnEntries, proposedColumns, provedMapping } from "./proposedMapping.ts"
import { sampleRejects } from "./sampleRejects.ts"
import { type FoundHeader, searchByEmails } from "./searchByEmails.ts"

/** The header of a file whose mapping is not known yet. */
const findFields = (
  beginning: Beginning,
  encoding: FoundEncoding,
  options: Omit<HeaderOptions, "mapping">,
): Result.Result<FoundHeader, HeaderError> =>
  withLineEnd(beginning, encoding, options, (format) => {
    if (format.header === null) return searchByEmails(beginning, format, options)
    const delimiter = options.format.delimiter === undefined ? "header" : "given"
    const evidence: FoundHeader["evidence"] = { delimiter, header: "given", emails: [] }
    return Result.map(givenFields(beginning, format, format.header, options), (given) => ({
      ...given,
      evidence,
      choices: [],
      noHeader: false,
      isUnknown: false,
    }))
  })

const withoutNames = ({ delimiter, line, names }: HeaderChoice): HeaderChoice => ({
  line,
  delimiter,
  names: names.map((_, position) => positionName(position)),
})

const withoutName = ({ of, position, records }: EmailEvidence): EmailEvidence => ({
  position,
  name: positionName(position),
  records,
  of,
})

/** Encodings that the file may have, with one value as each reads it. */
const encodingChoices = (
  beginning: Beginning,
  found: FoundHeader,
  fields: ReadonlyArray<FieldAt>,
  { isLinked = false, maxRecordSize }: Omit<HeaderOptions, "mapping">,
): Pick<Unproved, "encoding" | "encodingAt"> => {
  const positions = [...fields.keys()].filter(
    (position) => !["emails", "json"].includes(fields[position]!.kind._tag) && !mayBeSecret(fields[position]!.name),
  )
  const value = isLinked ? undefined : firstBeyondAscii(beginning, found, maxRecordSize, positions)
  const readings = new Map(value && readingsOf(value.value))
  return {
    encoding: encodingsOf(beginning).map((encoding) => ({ encoding, value: readings.get(encoding) ?? null })),
    encodingAt: value === undefined ? null : { name: fields[value.position]!.name, line: value.line },
  }
}

/** The header as a load finds it by the mapping, and what must be said so that it is the one that was found. */
const provedHeader = (
  beginning: Beginning,
  encoding: FoundEncoding,
  { format, noHeader, names }: FoundHeader,
  options: HeaderOptions,
) => {
  const isSame = (header: Header): boolean =>
    header.format.headerLine === format.headerLine && header.format.delimiter === format.delimiter
  const skipLines = format.headerLine - 1
  const named = noHeader ? { header: names, ...(skipLines > 0 && { skipLines }) } : {}
  const places = [named, { ...named, skipLines, delimiter: format.delimiter }]
  const found = Array.filterMap(places, (more) =>
    Result.map(headerIn(beginning, encoding, { ...options, format: { ...options.format, ...more } }), (header) => ({
      header,
      more,
    })),
  )
  return found.find(({ header }) => isSame(header))
}

/** Fails where the bytes are no CSV, or have no text. */
export const inspectUnmapped = (
  beginning: Beginning,
  options: Omit<HeaderOptions, "mapping">,
): Result.Result<Inspection, HeaderError> => {
  const { isLinked = false, maxRecordSize } = options
  const proved = findEncoding(beginning, options.format.encoding)
  const foreign =
    proved === undefined ? foreignFormat(beginning.bytes.subarray(0, 4096), beginning.bytes, isLinked) : undefined
  if (foreign !== undefined) return Result.fail(foreign)
  const encoding = proved ?? { encoding: singleByte, byteOrderMark: false }
  return Result.map(findFields(beginning, encoding, options), (found) => {
    const { format, noHeader } = found
    const names = found.names.map((name) => name.trim())
    const { facts, records } = collectFacts(beginning, { ...found, names }, maxRecordSize)
    const areNamed = !found.isUnknown && !isLinked
    const fields = propose(areNamed ? names : names.map(() => ""), facts, records > 0)
    const unproved: Unproved = {
      ...(proved === undefined
        ? encodingChoices(beginning, found, fields, options)
        : { encoding: [], encodingAt: null }),
      escape: findEscapes(beginning, found, options) ?? null,
      header: areNamed ? found.choices : found.choices.map(withoutNames),
      noHeader,
    }
    const columns = proposedColumns(fields)
    const mapping = provedMapping(columns)
    const header = mapping === null ? undefined : provedHeader(beginning, encoding, found, { ...options, mapping })
    const evidence: Evidence = {
      ...(areNamed ? found.evidence : { ...found.evidence, emails: found.evidence.emails.map(withoutName) }),
      encoding: proved === undefined ? null : encodingEvidence(beginning, format, options),
      skipped: skippedBefore(beginning, format, options),
    }
    return {
      format,
      evidence,
      unproved,
      isLinked,
      isWhole: beginning.isWhole,
      records,
      fields: describeFields(fields, format, isLinked),
      mapping: {
        object: withFormat(
          { ...givenIn(options.format), ...unprovedFormat(unproved), ...header?.more },
          columnEntries(columns),
        ),
        proved: mapping,
      },
      check: header === undefined ? null : sampleRejects(beginning, header.header, options),
      notLoaded: fields.flatMap(({ name, proposal }, position) =>
        proposal._tag === "mapped" ? [] : name || positionName(position),
      ),
    }
  })
}
