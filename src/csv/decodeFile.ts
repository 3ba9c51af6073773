// Decodes a file whose bytes are all there: for small files, of which a Stream each costs more than their records.

import { Result } from "effect"
import type { SourceFile } from "../domain/SourceFile.ts"
import { type DecodedRecords, makeDecoder } from "./decodeRecords.ts"
import { findFormat } from "./findFormat.ts"
import { Framing } from "./Framing.ts"
import type { Header, HeaderOptions } from "./header.ts"
import type { HeaderError } from "./HeaderError.ts"
import { makePlainWalk, type PlainWalk } from "./plain/PlainWalk.ts"
import { otherHeaderError } from "./repeatedHeader.ts"

/** A file that is decoded to its end. */
export interface DecodedFile {
  readonly header: Header
  /** Its records, in their order. Their rows are released by who takes them. */
  readonly batches: ReadonlyArray<DecodedRecords>
  /** How many records it has. */
  readonly count: number
}

/** What is made for a header: files of one export have few. */
interface ForHeader {
  readonly plain: PlainWalk | undefined
  readonly decode: ReturnType<typeof makeDecoder>
}

/** Headers for which that is kept. */
const mostHeaders = 32

/** The same for headers of which the same is made. */
const keyOf = ({ bytes, format }: Header): string => `${JSON.stringify(format)}${Buffer.from(bytes).toString("latin1")}`

export interface FileDecoderOptions extends HeaderOptions {
  /** A file that has more is not decoded. */
  readonly mostRecords: number
}

const release = (batches: ReadonlyArray<DecodedRecords>): void => {
  for (const { rows } of batches) rows.release()
}

/**
 * What decodes files one after the other, each under its own format. It fails where `frame` and `decode` would: at a
 * header that does not fit the mapping, or at another header after it. Undefined: the file has too many records.
 */
export const makeFileDecoder = (options: FileDecoderOptions) => {
  const { maxRecordSize, mostRecords } = options
  const made = new Map<string, ForHeader>()
  const forHeader = (header: Header): ForHeader => {
    const key = keyOf(header)
    const known = made.get(key)
    if (known !== undefined) return known
    if (made.size === mostHeaders) made.clear()
    const own = { plain: makePlainWalk(header, maxRecordSize), decode: makeDecoder(header) }
    made.set(key, own)
    return own
  }

  const decodeUnder = (
    header: Header,
    bytes: Uint8Array,
    fileId: number,
  ): Result.Result<DecodedFile | undefined, HeaderError> => {
    const { decode, plain } = forHeader(header)
    const framing = new Framing({ fileId, header, plain, start: header.end, maxRecordSize })
    const batches: Array<DecodedRecords> = []
    let count = 0
    for (const part of [framing.push(bytes.subarray(header.end.byteOffset)), framing.finish()]) {
      for (const framed of part) {
        const [before, other] = decode(framed)
        batches.push(before)
        count += before.records.length + before.rows.count
        if (other === undefined && count <= mostRecords) continue
        release(batches)
        return other === undefined
          ? Result.succeed(undefined)
          : Result.fail(otherHeaderError(other, header.format.header !== null))
      }
    }
    return Result.succeed({ header, batches, count })
  }

  return (
    bytes: Uint8Array,
    { fileId, isLinked }: { readonly fileId: number } & Pick<SourceFile, "isLinked">,
  ): Result.Result<DecodedFile | undefined, HeaderError> =>
    Result.flatMap(findFormat({ bytes, isWhole: true }, { ...options, isLinked }), (header) =>
      decodeUnder(header, bytes, fileId),
    )
}
