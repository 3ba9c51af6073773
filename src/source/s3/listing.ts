// Keeps a listing of S3, of up to a million objects, in little memory.

import { crc32, deflateRawSync, inflateRawSync } from "node:zlib"
import { byName, compareNames, type SourceFile } from "../../domain/SourceFile.ts"

/** The most keys of a listing. */
export const maxKeys = 1_000_000

/** The most bytes of the packed files: keys that have little in common compress badly. */
const maxPackedSize = 96 * 1024 * 1024

/** Files that are packed together. */
const packSize = 1_000

/** Packs that stay open: reading the files in order opens each pack once. */
const openPacks = 8

/** Files that are sorted at a time. */
const sortSize = 100_000

type Files = ReadonlyArray<SourceFile>

/** Consecutive files, compressed until one of them is read. */
class Pack {
  readonly packed: Uint8Array
  readonly #count: number
  readonly #open: Array<Pack>
  #files: Files | undefined

  constructor(files: Files, open: Array<Pack>) {
    // A copy: what deflateRawSync returns is the beginning of a larger buffer.
    this.packed = new Uint8Array(deflateRawSync(JSON.stringify(files), { level: 1 }))
    this.#count = files.length
    this.#open = open
  }

  get files(): Files {
    if (this.#files === undefined) {
      this.#files = JSON.parse(inflateRawSync(this.packed).toString()) as Files
      this.#open.push(this)
      if (this.#open.length > openPacks) this.#open.shift()!.#files = undefined
    }
    return this.#files
  }

  get packedFiles(): Files {
    return Array.from({ length: this.#count }, (_, index) => new PackedFile(this, index))
  }
}

class PackedFile implements SourceFile {
  readonly #pack: Pack
  readonly #index: number

  constructor(pack: Pack, index: number) {
    this.#pack = pack
    this.#index = index
  }

  get uri(): string {
    return this.#pack.files[this.#index]!.uri
  }

  get name(): string {
    return this.#pack.files[this.#index]!.name
  }

  get fingerprint(): string {
    return this.#pack.files[this.#index]!.fingerprint
  }

  get size(): number {
    return this.#pack.files[this.#index]!.size
  }
}

/**
 * Collects the files of a listing. A million of them as plain objects take 600 MB: here the fields of a file are
 * unpacked when they are read.
 */
export class S3Listing {
  readonly #open: Array<Pack> = []
  #packs: Array<Pack> = []
  #packedSize = 0
  #next: Array<SourceFile> = []
  #count = 0
  #last: SourceFile | undefined
  #isOrdered = true
  #keys = 0
  #lastKey: string | undefined
  /** Checksums of the keys that are out of order: few share one, hardly ever all of a page. */
  readonly #outOfOrder = new Set<number>()

  /**
   * Counts all keys of a page, and returns whether one of them is new. Keys in order, as S3 sends them, are not
   * remembered, to save memory: a repeated one still counts as new, once.
   */
  count(keys: ReadonlyArray<string>): boolean {
    const before = this.#outOfOrder.size
    let isNew = false
    for (const key of keys) {
      if (this.#lastKey === undefined || compareNames(this.#lastKey, key) < 0) {
        this.#lastKey = key
        isNew = true
      } else this.#outOfOrder.add(crc32(key) | 0)
    }
    this.#keys += keys.length
    return isNew || this.#outOfOrder.size > before
  }

  get isTooLong(): boolean {
    return this.#keys > maxKeys || this.#packedSize > maxPackedSize
  }

  add(file: SourceFile): void {
    if (this.#last !== undefined && byName(this.#last, file) >= 0) this.#isOrdered = false
    this.#last = file
    this.#count++
    this.#push(file)
  }

  /** The files in name order; of one that is listed twice, the last entry. */
  finish(): Files {
    this.#pack()
    if (!this.#isOrdered) this.#sort()
    return this.#packs.flatMap((pack) => pack.packedFiles)
  }

  #push(file: SourceFile): void {
    this.#next.push(file)
    if (this.#next.length === packSize) this.#pack()
  }

  #pack(): void {
    if (this.#next.length === 0) return
    const pack = new Pack(this.#next, this.#open)
    this.#packedSize += pack.packed.length
    this.#packs.push(pack)
    this.#next = []
  }

  /** In rounds: each reads all packs, and takes the files of a range of names. */
  #sort(): void {
    const packs = this.#packs
    this.#packs = []
    const sample = packs.flatMap(({ files }) => files.filter((_, index) => index % 100 === 0)).toSorted(byName)
    const rounds = Math.ceil(this.#count / sortSize)
    const bound = (round: number) => sample[Math.floor((round * sample.length) / rounds)]
    for (let round = 0; round < rounds; round++) {
      const from = round === 0 ? undefined : bound(round)
      const to = bound(round + 1)
      const isInRange = (file: SourceFile) =>
        (from === undefined || byName(file, from) >= 0) && (to === undefined || byName(file, to) < 0)
      const files = packs.flatMap((pack) => pack.files.filter(isInRange)).sort(byName)
      for (const [index, file] of files.entries()) if (file.uri !== files[index + 1]?.uri) this.#push(file)
    }
    this.#pack()
  }
}
