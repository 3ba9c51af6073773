// Whether a share is ahead of records that are still to be read.

import { isToBeRead } from "./etlFiles.ts"

/**
 * A file with a lower number, or an earlier part of the file, is unfinished. `fileId`, `part`: the share's, in SQL.
 */
export const isAhead = (fileId: string, part: string): string => `(exists (
    select from etl_files f where f.loaded_at is null and f.id < ${fileId} and ${isToBeRead("f")}
  ) or exists (
    select from etl_checkpoints c where c.file_id = ${fileId} and c.part < ${part} and c.byte_offset < c.part_end
  ))`
