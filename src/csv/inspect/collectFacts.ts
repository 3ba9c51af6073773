// Passes over the records of a sample once, and keeps the facts of each field.

import { isProblem, makeFieldParser } from "../fields.ts"
import type { NamedFields } from "../header.ts"
import type { Beginning } from "../Sample.ts"
import { batchesOf } from "../sampleFrames.ts"
import { FieldFacts } from "./FieldFacts.ts"

/** Of each field, in the order of the names; `records`: those that are well-formed. */
export const collectFacts = (
  beginning: Beginning,
  header: NamedFields,
  maxRecordSize: number,
): { readonly records: number; readonly facts: ReadonlyArray<FieldFacts> } => {
  const parse = makeFieldParser(header.format)
  const names = header.names.map((name) => name.trim())
  const facts = names.map(() => new FieldFacts())
  const isHeader = (fields: ReadonlyArray<string>): boolean =>
    names.every((name, index) => fields[index]?.trim() === name)
  let records = 0
  for (const frames of batchesOf(beginning, header, maxRecordSize)) {
    const parsed = parse(frames)
    for (let index = 0; index < parsed.length; index++) {
      const fields = parsed[index]!
      // Files that were joined have their header again.
      if (isProblem(fields) || isHeader(fields)) continue
      records++
      const { line } = frames[index]!
      for (let position = 0; position < facts.length; position++) facts[position]!.add(fields[position] ?? "", line)
    }
  }
  return { records, facts }
}
