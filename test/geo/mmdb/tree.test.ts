import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { childrenOf, outermostRecord } from "../../../src/geo/mmdb/tree.ts"
import { makeNode } from "../../utils/mmdb.ts"

const Word = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 0xffffffff }))

describe("mmdbTree", () => {
  it.prop(
    "reads both records of a node",
    [Schema.Literals([24, 28, 32]), Word, Word],
    ([recordSize, first, second]) => {
      const [left, right] = [first % 2 ** recordSize, second % 2 ** recordSize]
      assert.deepStrictEqual(childrenOf(makeNode(left, right, recordSize), recordSize), [left, right])
    },
  )

  const nodeCount = 2 ** 20

  /** Searches a tree whose nodes are counted as they are read. */
  const search = Effect.fnUntraced(function* (
    childrenOfNode: (node: number) => readonly [number, number],
    side: 0 | 1,
  ) {
    let reads = 0
    const children = (node: number) =>
      Effect.sync(() => {
        reads++
        return childrenOfNode(node)
      })
    const record = yield* outermostRecord(children, nodeCount, side)
    return { record, reads }
  })

  it.effect("finds the first and the last record behind nodes that lead to none", () =>
    Effect.gen(function* () {
      const [none, empty] = [nodeCount, 4]
      const tree: ReadonlyArray<readonly [number, number]> = [
        [1, 2],
        [empty, 3],
        [nodeCount + 30, empty],
        [nodeCount + 20, none],
        [none, none],
      ]
      assert.strictEqual((yield* search((node) => tree[node]!, 0)).record, nodeCount + 20)
      assert.strictEqual((yield* search((node) => tree[node]!, 1)).record, nodeCount + 30)
    }),
  )

  it.effect.each([
    [
      "a million nodes that lead to no record",
      (node: number) => (node < 2 ** 19 ? [2 * node + 1, 2 * node + 2] : [nodeCount, nodeCount]),
    ],
    ["nodes that lead to themselves", (node: number) => [node, node]],
    ["nodes that lead back to the root", () => [nodeCount, 0]],
    ["a path that is longer than an address", (node: number) => [node + 1, nodeCount + 20]],
  ] as ReadonlyArray<readonly [string, (node: number) => readonly [number, number]]>)(
    "gives up at %s",
    ([, childrenOfNode]) =>
      Effect.gen(function* () {
        const { record, reads } = yield* search(childrenOfNode, 0)
        assert.isUndefined(record)
        assert.isAtMost(reads, 20_000)
      }),
  )
})
