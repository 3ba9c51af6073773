// Finds the record of an address in the tree of an .mmdb file, by numbers in the file's bytes.

import type { RecordSize } from "./tree.ts"

export interface TreeShape {
  readonly nodeCount: number
  readonly recordSize: RecordSize
  readonly ipVersion: 4 | 6
}

/** A node's record on the side of a bit. */
type Child = (node: number, bit: number) => number

const childOf = (bytes: Uint8Array, recordSize: RecordSize): Child => {
  if (recordSize === 24) {
    return (node, bit) => {
      const at = node * 6 + 3 * bit
      return (bytes[at]! << 16) | (bytes[at + 1]! << 8) | bytes[at + 2]!
    }
  }
  if (recordSize === 28) {
    return (node, bit) => {
      const at = node * 7
      // The byte in the middle holds the highest four bits of both.
      const high = bit === 0 ? (bytes[at + 3]! & 0xf0) << 20 : (bytes[at + 3]! & 0x0f) << 24
      const low = at + 4 * bit
      return high | (bytes[low]! << 16) | (bytes[low + 1]! << 8) | bytes[low + 2]!
    }
  }
  return (node, bit) => {
    const at = node * 8 + 4 * bit
    return ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0
  }
}

const groupSize = 16

/** Records are values of the tree: more than `nodeCount`. 0: the address has none. */
export class SearchTree {
  readonly #nodeCount: number
  readonly #child: Child
  readonly #ipv4Root: number
  /** Where the first 16 bits of addresses lead; 0: not walked yet. */
  readonly #ipv4First = new Uint32Array(2 ** groupSize)
  readonly #ipv6First = new Uint32Array(2 ** groupSize)

  constructor(bytes: Uint8Array, { ipVersion, nodeCount, recordSize }: TreeShape) {
    this.#nodeCount = nodeCount
    this.#child = childOf(bytes, recordSize)
    // IPv4 addresses are 96 zeros deep in a tree for IPv6.
    let root = 0
    for (let depth = ipVersion === 6 ? 96 : 0; depth > 0 && root < nodeCount; depth--) root = this.#child(root, 0)
    this.#ipv4Root = root
  }

  ipv4(address: number): number {
    const group = address >>> groupSize
    const node = (this.#ipv4First[group] ||= this.#walk(this.#ipv4Root, group))
    return this.#recordOf(this.#walk(node, address & 0xffff))
  }

  /** By its eight groups. Only in a file for IPv6. */
  ipv6(groups: Uint16Array): number {
    const first = groups[0]!
    let node = (this.#ipv6First[first] ||= this.#walk(0, first))
    for (let group = 1; group < groups.length && node < this.#nodeCount; group++)
      node = this.#walk(node, groups[group]!)
    return this.#recordOf(node)
  }

  #walk(from: number, group: number): number {
    let node = from
    for (let bit = groupSize - 1; bit >= 0 && node < this.#nodeCount; bit--)
      node = this.#child(node, (group >>> bit) & 1)
    return node
  }

  #recordOf(node: number): number {
    return node > this.#nodeCount ? node : 0
  }
}
