// Inspects the beginning of a file by its mapping, as a load would read it.

import { Result } from "effect"
import { toObject } from "../../domain/ColumnMapping.ts"
import { allOthers, isColumn, nameInExtra } from "../../domain/Target.ts"
import { isProblem, makeFieldParser } from "../fields.ts"
import { findFormat } from "../findFormat.ts"
import { Framer } from "../Framer.ts"
import type { Header, HeaderOptions } from "../header.ts"
import type { HeaderError } from "../HeaderError.ts"
import type { Beginning } from "../Sample.ts"
import { collectFacts } from "./collectFacts.ts"
import { describeFields } from "./describeFields.ts"
import { delimiterEvidence, encodingEvidence, skippedBefore } from "./evidence.ts"
import type { Inspection, Proposal } from "./findings.ts"
import { kindOf } from "./kindOf.ts"
import { givenIn, withFormat } from "./mappingObject.ts"
import { positionName } from "./positionName.ts"
import { type FieldAt, isUnnameable } from "./propose.ts"
import { sampleRejects } from "./sampleRejects.ts"

/** The names of a header that was fitted to a mapping. */
const namesIn = ({ bytes, format }: Header): ReadonlyArray<string> => {
  if (format.header !== null) return format.header
  const framer = new Framer({ format, maxRecordSize: bytes.length + 1, offset: 0, line: 1, fields: undefined })
  const [fields = []] = makeFieldParser(format)([...framer.push(bytes), ...framer.finish()].flat())
  return isProblem(fields) ? [] : fields
}

const targetIn = ({ extra, ownMapping, positions }: Header, position: number): Proposal => {
  const targets = [...ownMapping.values()].map(({ column }) => column)
  const kept = extra.find((field) => field.position === position)
  const target =
    targets.find((target) => isColumn(target) && positions[target] === position) ??
    (kept && (targets.find((target) => nameInExtra(target) === kept.name) ?? allOthers))
  return target === undefined ? { _tag: "none" } : { _tag: "mapped", target, why: "mapping" }
}

/** Fails as a load would before its first record. */
export const inspectMapped = (beginning: Beginning, options: HeaderOptions): Result.Result<Inspection, HeaderError> =>
  Result.map(findFormat(beginning, options), (header) => {
    const { isLinked = false, mapping, maxRecordSize } = options
    const { format, notLoaded } = header
    const names = namesIn(header).map((name) => name.trim())
    const { facts, records } = collectFacts(beginning, { ...header, names }, maxRecordSize)
    const fields = facts.map((own, position): FieldAt => {
      const name = names[position]!
      const proposal = targetIn(header, position)
      const target = proposal._tag === "mapped" ? proposal.target : undefined
      return {
        name: isLinked ? "" : name,
        facts: own,
        kind: kindOf(own, target !== undefined && isColumn(target) ? target : undefined),
        isUnnameable: isUnnameable(name, names),
        proposal,
      }
    })
    return {
      format,
      evidence: {
        encoding: encodingEvidence(beginning, format, options),
        delimiter: delimiterEvidence(beginning, format, options),
        header: format.header === null ? "mapping" : "given",
        emails: [],
        skipped: skippedBefore(beginning, format, options),
      },
      unproved: { encoding: [], encodingAt: null, escape: null, header: [], noHeader: false },
      isLinked,
      isWhole: beginning.isWhole,
      records,
      fields: describeFields(fields, format, isLinked),
      mapping: { object: withFormat(givenIn(options.format), toObject(mapping)), proved: mapping },
      check: sampleRejects(beginning, header, options),
      notLoaded: isLinked
        ? fields.flatMap(({ proposal }, position) => (proposal._tag === "none" ? positionName(position) : []))
        : notLoaded,
    }
  })
