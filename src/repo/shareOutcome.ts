// The outcome of a share, from that of its users: what is left are duplicates.

import type { Share } from "../domain/Lane.ts"
import { type Reject, toReject } from "../domain/Reject.ts"
import type { RecordCounts } from "../domain/RunSummary.ts"
import type { UpsertOutcome } from "./UserRepo.ts"

/**
 * The counts of a share, and the records that its store refused, in the file's order. Throws where the store accounts
 * for too few users, or too many: its `upsert` has a defect.
 */
export const shareOutcome = (
  { rejects, users, winners }: Share,
  { inserted, stale, unchanged, updated, refused = [] }: UpsertOutcome,
): { readonly counts: RecordCounts; readonly refused: ReadonlyArray<Reject> } => {
  const written = inserted + updated + unchanged + stale
  // Where records are refused, an e-mail may be left without any, or be written again.
  const isComplete = written >= winners.length - refused.length && written + refused.length <= users.length
  if (!isComplete) {
    throw new Error(
      `UserRepo.upsert accounts for ${written} of ${winners.length} users, and refuses ${refused.length} records.`,
    )
  }
  return {
    counts: {
      read: users.length + rejects.length,
      inserted,
      updated,
      unchanged,
      stale,
      duplicate: users.length - written - refused.length,
      rejected: rejects.length + refused.length,
    },
    refused: refused
      .map(({ reasons, record }) => toReject(record, reasons))
      .sort((left, right) => left.byteOffset - right.byteOffset),
  }
}
