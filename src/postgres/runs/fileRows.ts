import type { Position } from "../../domain/Chunk.ts"
import { earliest } from "../../domain/Lane.ts"
import type { FileIdentity, FileLoad, Part, RunRequest } from "../../repo/RunRepo.ts"

interface PartRow {
  readonly part: number
  readonly end: number | null
  /** Where each lane stands, in order. */
  readonly lanes: ReadonlyArray<Position>
}

export interface FileRow {
  readonly id: number
  readonly runId: number
  readonly load: number
  readonly mapping: string
  readonly isLoaded: boolean
  readonly fence: number
  readonly header: Uint8Array | null
  /** Those that are left; null where the load has no checkpoints. */
  readonly parts: ReadonlyArray<PartRow> | null
  /** Null where an earlier version began the load. */
  readonly maxRecordSize: number | null
}

export const fileColumns = `f.id, f.run_id::float8 as "runId", f.load, f.mapping, f.loaded_at is not null as "isLoaded", f.fence,
  f.header, f.max_record_size as "maxRecordSize"`

/**
 * The parts that are left of the file of that number, or one of them, as a table of one row. Where all are at their ends,
 * and whoever was to finish the file did not live to do it, all are left: else nobody would.
 */
export const partsOf = (fileId: string, part = "null"): string => `(
    select json_agg(json_build_object('part', part, 'end', part_end, 'lanes', lanes) order by part)
      filter (where (not is_finished or are_all_finished) and part = coalesce(${part}::integer, part)) as parts
    from (
      select *, bool_and(is_finished) over () as are_all_finished from (
        select part, part_end, json_agg(json_build_object('byteOffset', byte_offset, 'line', line) order by lane) as lanes,
          coalesce(bool_and(byte_offset = part_end), false) as is_finished
        from etl_checkpoints where file_id = ${fileId} group by part, part_end
      ) p
    ) p
  )`

const toPart =
  ({ maxRecordSize }: FileRow, header: Uint8Array) =>
  ({ end, lanes, part }: PartRow): Part => ({
    part,
    resume: {
      position: earliest(lanes),
      end: end ?? undefined,
      header,
      lanes,
      maxRecordSize: maxRecordSize ?? undefined,
    },
  })

const unbegun: ReadonlyArray<Part> = [{ part: 0, resume: undefined }]

/** A file as a run asks for it. */
export const toLoad = <File extends FileIdentity>(
  row: FileRow,
  file: File,
  { mapping }: RunRequest,
): FileLoad<File> => {
  const { fence, header, id, isLoaded, load, parts, runId } = row
  const isOtherMapping = row.mapping !== mapping
  return {
    file,
    runId,
    fileId: id,
    load,
    state: isLoaded ? "loaded" : isOtherMapping && header !== null ? "otherMapping" : "open",
    isLoadedByOtherMapping: isLoaded && isOtherMapping,
    parts: isLoaded ? [] : header === null ? unbegun : (parts ?? []).map(toPart(row, header)),
    fence,
  }
}
