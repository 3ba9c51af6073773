// Commits a share by one statement, where no address waits for a service and PostgreSQL refuses no record.

import { Effect } from "effect"
import type { SqlClient } from "effect/sql/SqlClient"
import { badValuesOf } from "../../domain/BadValue.ts"
import type { Share } from "../../domain/Lane.ts"
import { allCountNames, type RecordCounts } from "../../domain/RunSummary.ts"
import { inFile } from "../../repo/inFile.ts"
import type { PartRef, ShareLocations } from "../../repo/RunRepo.ts"
import { Parameters } from "../Parameters.ts"
import { isOwnUpsert } from "../users/ownUpserts.ts"
import type { UserCounts } from "../users/refusals.ts"
import type { ColumnArrays } from "../users/ColumnArrays.ts"
import { maxRows, upsertOf } from "../users/upsertOf.ts"
import { checkpointsOf, moveCheckpoints } from "./checkpoints.ts"
import { isAhead } from "./isAhead.ts"
import type { StatementWriter } from "./StatementWriter.ts"
import { type FileBadValue, insertBadValues, portionsOfBadValues } from "./writeBadValues.ts"
import { type FileReject, insertRejects, portionsOfRejects } from "./writeRejects.ts"

const userCounts = ["inserted", "updated", "unchanged", "stale"] as const

/** A share, and what is known of it before it is written. */
interface KnownShare {
  readonly share: Share
  readonly places: ShareLocations["places"]
  /** The counts that do not depend on what is stored. */
  readonly counts: Omit<RecordCounts, keyof UserCounts>
  readonly rejects: ReadonlyArray<FileReject>
  readonly badValues: ReadonlyArray<FileBadValue>
}

/**
 * The statement. It upserts the winners, then moves the checkpoints, writes the rejects and bad values, and returns the
 * counts of the winners. It fails with the SQLSTATE `incomplete`, and leaves nothing, where a checkpoint is not at the
 * share's start, or a winner is not accounted for. `mayBeStored`: see `upsertOf`.
 */
const statementOf = (
  arrays: ColumnArrays,
  part: PartRef,
  { badValues, counts: known, places, rejects, share }: KnownShare,
  mayBeStored: ReadonlyArray<number> | undefined,
) => {
  const parameters = new Parameters()
  const fileId = `${parameters.add(part.fileId)}::integer`
  const upsert = upsertOf(parameters, arrays, share.users.versions, places, {
    isAhead: "(select is_ahead from ahead)",
    isGuarded: false,
    mayBeStored,
  })
  const counts = { ...known, inserted: undefined, updated: undefined, unchanged: undefined, stale: undefined }
  const columns = allCountNames.map((name) => {
    const count = counts[name]
    return `${count === undefined ? name : parameters.add(count)}::bigint as ${name}`
  })
  const tables = [
    `ahead as materialized (select ${isAhead(fileId, `${parameters.add(part.part)}::integer`)} as is_ahead)`,
    upsert,
    `counts as materialized (select ${columns.join(", ")} from outcome)`,
    // It takes its counts from the upsert, and so comes after it: the users are locked first.
    `moved as (${moveCheckpoints(parameters, part, share)})`,
    ...(rejects.length === 0 ? [] : [`rejected as (${insertRejects(parameters, part.runId, rejects)})`]),
    ...(badValues.length === 0 ? [] : [`blank as (${insertBadValues(parameters, part.runId, badValues)})`]),
  ]
  const isComplete = `${userCounts.join(" + ")} = ${parameters.add(share.users.versions.numbers.length)}::integer
    and (select count(*) from moved) = ${parameters.add(checkpointsOf(share))}::integer`
  const text = `with ${tables.join(", ")}
    select ${userCounts.join(", ")}, etl_require(${isComplete}) as "isComplete" from outcome`
  return { text, parameters: parameters.values }
}

/** The commit of a share by one statement; undefined where it takes a transaction. `write`: see `RunRepo.commit`. */
export const makeCommitStatement =
  (sql: SqlClient, writer: StatementWriter | undefined) =>
  (part: PartRef, share: Share, { places, queue }: ShareLocations, write: object) => {
    if (writer === undefined || queue.length > 0 || !isOwnUpsert(write, sql)) return undefined
    const { users } = share
    const rejects = inFile(part, share.rejects)
    const winners = users.versions.numbers.length
    if (winners > maxRows || portionsOfRejects(rejects).length > 1) return undefined
    const badValues = inFile(part, badValuesOf(users, []))
    if (portionsOfBadValues(badValues).length > 1) return undefined
    const counts = {
      read: users.count + rejects.length,
      duplicate: users.count - winners,
      rejected: rejects.length,
      blanked: badValues.length,
    }
    const known: KnownShare = { share, places, counts, rejects, badValues }
    const written = writer.execute(users.versions, (mayBeStored) =>
      statementOf(writer.arrays, part, known, mayBeStored),
    )
    return Effect.map(written, (rows): RecordCounts => {
      const { inserted, stale, unchanged, updated } = rows[0] as unknown as UserCounts
      return { ...counts, inserted, updated, unchanged, stale }
    })
  }
