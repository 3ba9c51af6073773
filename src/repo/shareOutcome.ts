// The outcome of a share, from that of its users: what is left are duplicates.

import { type BadValue, badValuesOf } from "../domain/BadValue.ts"
import type { Share } from "../domain/Lane.ts"
import { type Reject, toReject } from "../domain/Reject.ts"
import type { RecordCounts } from "../domain/RunSummary.ts"
import type { UpsertOutcome } from "./UserRepo.ts"

/**
 * The counts of a share, the records that its store refused, and the bad values of the others, in the file's order.
 * Throws where the store accounts for too few users, or too many: its `upsert` has a defect.
 */
export const shareOutcome = (
  { rejects, users }: Share,
  { inserted, stale, unchanged, updated, refused = [] }: UpsertOutcome,
): {
  readonly counts: RecordCounts
  readonly refused: ReadonlyArray<Reject>
  readonly badValues: ReadonlyArray<BadValue>
} => {
  const written = inserted + updated + unchanged + stale
  const winners = users.versions.numbers.length
  // Where records are refused, an e-mail may be left without any, or be written again.
  const isComplete = written >= winners - refused.length && written + refused.length <= users.count
  if (!isComplete) {
    throw new Error(
      `UserRepo.upsert accounts for ${written} of ${winners} users, and refuses ${refused.length} records.`,
    )
  }
  const refusedRecords = refused
    .map(({ reasons, record }) => toReject(record, reasons))
    .sort((left, right) => left.byteOffset - right.byteOffset)
  const badValues = badValuesOf(users, refusedRecords)
  return {
    counts: {
      read: users.count + rejects.length,
      inserted,
      updated,
      unchanged,
      stale,
      duplicate: users.count - written - refused.length,
      rejected: rejects.length + refused.length,
      blanked: badValues.length,
    },
    refused: refusedRecords,
    badValues,
  }
}
