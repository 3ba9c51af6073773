// Searches the tree of an .mmdb file node by node, without reading the whole file.

import { Effect } from "effect"

export type RecordSize = 24 | 28 | 32

/** Bits of the longest address. */
const maxDepth = 128

/**
 * How many nodes without a record are read before the search ends. MaxMind's writer leaves some hundred of them, where
 * reserved networks are left out.
 */
const maxEmptyNodes = 10_000

/** The two records of a node of the search tree: `recordSize` / 4 bytes. */
export const childrenOf = (node: Buffer, recordSize: RecordSize): readonly [left: number, right: number] => {
  if (recordSize === 24) return [node.readUIntBE(0, 3), node.readUIntBE(3, 3)]
  if (recordSize === 32) return [node.readUInt32BE(0), node.readUInt32BE(4)]
  // The byte in the middle holds the highest four bits of both.
  const middle = node.readUInt8(3)
  return [(middle >> 4) * 0x1_00_00_00 + node.readUIntBE(0, 3), (middle & 15) * 0x1_00_00_00 + node.readUIntBE(4, 3)]
}

/**
 * The record of the first (`side` 0) or the last (1) address that has one, as a value of the tree: more than
 * `nodeCount`. Undefined where there is none: the tree is empty, or damaged.
 */
export const outermostRecord = <E>(
  children: (node: number) => Effect.Effect<readonly [left: number, right: number], E>,
  nodeCount: number,
  side: 0 | 1,
): Effect.Effect<number | undefined, E> => {
  const emptyNodes = new Set<number>()
  let isDamaged = false

  const search = Effect.fnUntraced(function* (record: number, depth: number): Effect.fn.Return<number | undefined, E> {
    if (record === nodeCount || emptyNodes.has(record)) return undefined
    if (record > nodeCount) return record
    if (depth === maxDepth || emptyNodes.size === maxEmptyNodes) {
      isDamaged = true
      return undefined
    }
    const both = yield* children(record)
    for (const child of [both[side], both[1 - side]!]) {
      const found = yield* search(child, depth + 1)
      if (found !== undefined || isDamaged) return found
    }
    emptyNodes.add(record)
    return undefined
  })

  return search(0, 0)
}
