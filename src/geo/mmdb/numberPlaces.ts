// Numbers the places of .mmdb files: each is decoded once, when the first of its addresses is looked up.

import { Result } from "effect"
import * as Address from "../../domain/Address.ts"
import { ipv4At, readIpv6 } from "../../domain/addressNumbers.ts"
import { Answer } from "../../domain/Location.ts"
import { PlaceTable } from "../../domain/PlaceTable.ts"
import type { PlacesByNumber } from "../locator/placesByNumber.ts"
import type { SearchTree } from "./SearchTree.ts"

/** With more, records are numbered anew: memory does not grow with the files. */
const mostRecords = 500_000

/** More than any record of a tree. */
const radix = 2 ** 32

interface HasTree {
  readonly tree: SearchTree
}

/** The files that serve an address family, in order. Empty while they are not open. */
interface OpenFiles {
  readonly ipv4: ReadonlyArray<HasTree>
  readonly ipv6: ReadonlyArray<HasTree>
}

/** The answer for an address by its records. Throws where one is damaged. */
type AnswerOf = (address: Address.Address) => Answer

const ipv4Text = (address: number): Address.Address =>
  `${address >>> 24}.${(address >>> 16) & 255}.${(address >>> 8) & 255}.${address & 255}` as Address.Address

const ipv6Text = (groups: Uint16Array): Address.Address =>
  Result.getOrThrow(Address.parse(Array.from(groups, (group) => group.toString(16)).join(":")))

/** How addresses of a family are looked up and written. */
interface Family<Bits> {
  readonly find: (tree: SearchTree, address: Bits) => number
  readonly text: (address: Bits) => Address.Address
}

const ipv4Family: Family<number> = { find: (tree, address) => tree.ipv4(address), text: ipv4Text }
const ipv6Family: Family<Uint16Array> = { find: (tree, groups) => tree.ipv6(groups), text: ipv6Text }

/** The numbers of the places of a family. */
class FamilyNumbers<Bits> {
  readonly #family: Family<Bits>
  readonly #table: PlaceTable
  readonly #answerOf: AnswerOf
  /** By key: what the records of an address have in all files. */
  readonly #numbers = new Map<number, number>()
  /** The number of each key, from 1, of which the key with the next file's record is made. */
  readonly #keys = new Map<number, number>()

  constructor(family: Family<Bits>, table: PlaceTable, answerOf: AnswerOf) {
    this.#family = family
    this.#table = table
    this.#answerOf = answerOf
  }

  /** How many records, and pairs of them, are numbered. */
  get size(): number {
    return this.#numbers.size + this.#keys.size
  }

  /** 0: the address has no place. Throws as `answerOf`. */
  numberOf(address: Bits, files: ReadonlyArray<HasTree>): number {
    let key = 0
    for (let file = 0; file < files.length; file++) {
      key = this.#join(file, key, this.#family.find(files[file]!.tree, address))
    }
    return key === 0 ? 0 : (this.#numbers.get(key) ?? this.#add(key, address))
  }

  /** The key of the files so far, and a record of the next one. */
  #join(file: number, key: number, record: number): number {
    if (file === 0) return record
    const known = this.#keys.get(key)
    if (known !== undefined) return known * radix + record
    this.#keys.set(key, this.#keys.size + 1)
    return this.#join(file, key, record)
  }

  #add(key: number, address: Bits): number {
    const answer = this.#answerOf(this.#family.text(address))
    const number = answer._tag === "Located" ? this.#table.add(answer.location) : 0
    this.#numbers.set(key, number)
    return number
  }
}

/** Numbers of one table. */
interface Numbers extends PlacesByNumber {
  readonly isFull: () => boolean
  /** Throws as `answerOf`. */
  readonly answer: (address: Address.Address) => Answer
}

const makeNumbers = (files: OpenFiles, answerOf: AnswerOf, hasInvalid: () => boolean): Numbers => {
  const table = new PlaceTable()
  // The families are looked up in different files, whose records may be the same numbers.
  const ipv4 = new FamilyNumbers(ipv4Family, table, answerOf)
  const ipv6 = new FamilyNumbers(ipv6Family, table, answerOf)
  const read = new Uint16Array(8)

  const byNumber = (number: number): Answer =>
    number === 0 ? Answer.notNow : { _tag: "Located", location: table.location(number) }

  /** Who asks for the address itself gets the error, or the warning. */
  const orNone = (numberOf: () => number): number => {
    try {
      const number = numberOf()
      return hasInvalid() ? 0 : number
    } catch {
      return 0
    }
  }

  return {
    table,
    isFull: () => ipv4.size + ipv6.size >= mostRecords,
    ofIpv4: (address) => orNone(() => ipv4.numberOf(address, files.ipv4)),
    ofIpv6: (groups) => orNone(() => ipv6.numberOf(groups, files.ipv6)),
    answer: (address) => {
      const bytes = Buffer.from(address, "latin1")
      const number = ipv4At(bytes, 0, bytes.length)
      if (number !== -1) return byNumber(ipv4.numberOf(number, files.ipv4))
      const isRead = readIpv6(bytes, 0, bytes.length, read)
      return isRead ? byNumber(ipv6.numberOf(read, files.ipv6)) : answerOf(address)
    },
  }
}

/** The numbers for the next share: see `addPlacesByNumber`. `hasInvalid`: a record was invalid, and that is not logged yet. */
export const numberPlaces = (files: OpenFiles, answerOf: AnswerOf, hasInvalid: () => boolean): (() => Numbers) => {
  let numbers = makeNumbers(files, answerOf, hasInvalid)
  return () => {
    if (numbers.isFull()) numbers = makeNumbers(files, answerOf, hasInvalid)
    return numbers
  }
}
