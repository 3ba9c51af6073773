// Collects small files that are read to their ends, until they are as many records, or bytes, as are committed at once.

import type { DecodedFile } from "../csv/decodeFile.ts"
import { isReject } from "../csv/decodeRecords.ts"
import type { Header } from "../csv/header.ts"
import { takeRecords } from "../csv/takeRecords.ts"
import type { Reject } from "../domain/Reject.ts"
import { Rows } from "../domain/rows/Rows.ts"
import { rowUser } from "../domain/rows/rowValues.ts"
import type { SourceFile } from "../domain/SourceFile.ts"
import type { User } from "../domain/User.ts"
import type { FileLoad } from "../repo/RunRepo.ts"

/** A file that is read to its end. */
export interface ReadFile {
  readonly load: FileLoad<SourceFile>
  readonly header: Header
  readonly rejects: ReadonlyArray<Reject>
  /** How many records it has. */
  readonly records: number
  readonly blankRows: number
  readonly repeatedHeaders: number
  /** Users that may have a word for nothing in a column of text. */
  readonly mayHaveNullWords: ReadonlyArray<User>
}

/** Files that are committed together, and their users: in the files' order. */
export interface ReadFiles {
  readonly files: ReadonlyArray<ReadFile>
  readonly rows: Rows
}

/** Rows for which there is room from the start, and bytes for each. */
const firstRows = 2_048
const recordBytes = 160

/** The most bytes of the texts of files that are committed together. */
const mostBytes = 8 * 1024 * 1024

export class FilesBuilder {
  private rows = new Rows(firstRows, firstRows * recordBytes)
  private files: Array<ReadFile> = []
  private records = 0
  private bytes = 0
  private readonly mostRecords: number

  constructor(mostRecords: number) {
    this.mostRecords = mostRecords
  }

  get isEmpty(): boolean {
    return this.files.length === 0
  }

  /** Whether there is room for a file with so many records and bytes: always for the first. */
  hasRoom(records: number, bytes: number): boolean {
    return this.isEmpty || (this.records + records <= this.mostRecords && this.bytes + bytes <= mostBytes)
  }

  add(load: FileLoad<SourceFile>, decoded: DecodedFile, bytes: number): void {
    const mayHaveNullWords: Array<User> = []
    const rejects: Array<Reject> = []
    let blankRows = 0
    let repeatedHeaders = 0
    for (const batch of decoded.batches) {
      for (const record of batch.records) if (!isReject(record)) mayHaveNullWords.push(record.user)
      for (const row of batch.rows.nullWordRows)
        if (row < batch.rows.count) mayHaveNullWords.push(rowUser(batch.rows, row))
      blankRows += batch.blankRows
      repeatedHeaders += batch.repeatedHeaders
      rejects.push(...takeRecords(this.rows, batch))
    }
    const { count: records, header } = decoded
    this.records += records
    this.bytes += bytes
    this.files.push({ load, header, rejects, records, blankRows, repeatedHeaders, mayHaveNullWords })
  }

  /** The files since it was called before. */
  take(): ReadFiles {
    const { files, rows } = this
    this.files = []
    this.records = 0
    this.bytes = 0
    this.rows = new Rows(firstRows, firstRows * recordBytes)
    return { files, rows }
  }
}
