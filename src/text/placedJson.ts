// Reads JSON that a person writes, and knows the line of each of its parts.

import { Result } from "effect"
import {
  findNodeAtLocation,
  getNodeValue,
  type Node,
  type ParseError,
  parseTree,
  printParseErrorCode,
} from "jsonc-parser"

/** From a value to one of its parts: names of keys, and numbers in lists. */
export type JsonPath = ReadonlyArray<string | number>

/** A value of a JSON text. Lines are numbered from 1. */
export interface PlacedValue {
  readonly value: unknown
  /** The line of a part, or of its key; of a part that is missing, that of the nearest one around it. */
  readonly lineOf: (path: JsonPath) => number
  /** The keys of an object and their values, as they are written: a repeated key more than once. Of others: none. */
  readonly entries: () => ReadonlyArray<readonly [name: string, value: PlacedValue]>
}

/** A key that an object has more than once, and its lines in order. */
export interface RepeatedKey {
  readonly name: string
  readonly lines: ReadonlyArray<number>
}

export interface PlacedJson extends PlacedValue {
  /** Those of every object of the text. */
  readonly repeatedKeys: ReadonlyArray<RepeatedKey>
}

/** By the codes of `jsonc-parser`. */
const faults: Readonly<Record<string, string>> = {
  PropertyNameExpected: "expected a name in double quotes (after the last entry is no comma)",
  ValueExpected: "expected a value",
  ColonExpected: "expected a colon",
  CommaExpected: "expected a comma",
  CloseBraceExpected: "expected a }",
  CloseBracketExpected: "expected a ]",
  EndOfFileExpected: "expected no more text",
  InvalidCommentToken: "JSON has no comments",
  UnexpectedEndOfComment: "JSON has no comments",
  UnexpectedEndOfString: "a text has no closing double quote on its line",
  UnexpectedEndOfNumber: "a number is incomplete",
  InvalidUnicode: "\\u needs four hexadecimal digits",
  InvalidEscapeCharacter: "a text has a backslash that begins no escape: write \\\\ for a backslash",
  InvalidCharacter: "a text has a control character",
}

const lineEnd = /\r\n|\r|\n/g

const describe = (json: string, { error, length, offset }: ParseError): string => {
  const lines = json.slice(0, offset).split(lineEnd)
  const symbol = JSON.stringify(json.slice(offset, offset + length))
  const fault = faults[printParseErrorCode(error)] ?? `${symbol} is no value, and no name in double quotes`
  return `line ${lines.length}, column ${lines.at(-1)!.length + 1}: ${fault}`
}

type LineAt = (node: Node) => number

const makeLineAt = (json: string): LineAt => {
  const starts = [0, ...Array.from(json.matchAll(lineEnd), ({ 0: end, index }) => index + end.length)]
  return ({ offset }) => {
    let low = 0
    let high = starts.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (starts[middle]! <= offset) low = middle + 1
      else high = middle
    }
    return low
  }
}

const nodeAt = (node: Node, path: JsonPath): Node =>
  findNodeAtLocation(node, [...path]) ?? nodeAt(node, path.slice(0, -1))

const childrenOf = ({ children = [] }: Node): ReadonlyArray<Node> => children

const propertiesOf = (node: Node): ReadonlyArray<Node> => (node.type === "object" ? childrenOf(node) : [])

const place = (node: Node, lineAt: LineAt): PlacedValue => ({
  value: getNodeValue(node),
  lineOf: (path) => {
    const part = nodeAt(node, path)
    return lineAt(part.parent?.type === "property" ? part.parent : part)
  },
  entries: () =>
    propertiesOf(node).map((property) => {
      const [key, value] = childrenOf(property) as [Node, Node]
      return [String(key.value), place(value, lineAt)]
    }),
})

const repeatedIn = (node: Node, lineAt: LineAt): ReadonlyArray<RepeatedKey> => {
  const keys = propertiesOf(node).map((property) => childrenOf(property)[0]!)
  const repeated = [...Map.groupBy(keys, ({ value }) => String(value))].flatMap(([name, same]) =>
    same.length === 1 ? [] : [{ name, lines: same.map(lineAt) }],
  )
  return [...repeated, ...childrenOf(node).flatMap((child) => repeatedIn(child, lineAt))]
}

/** The value of a JSON text and its places; or what is no JSON in it first, with line and column. */
export const parsePlacedJson = (json: string): Result.Result<PlacedJson, string> => {
  const errors: Array<ParseError> = []
  try {
    const root = parseTree(json, errors, { disallowComments: true, allowTrailingComma: false })
    const [first] = errors.toSorted((left, right) => left.offset - right.offset)
    if (root === undefined || first !== undefined) return Result.fail(describe(json, first!))
    const lineAt = makeLineAt(json)
    return Result.succeed({ ...place(root, lineAt), repeatedKeys: repeatedIn(root, lineAt) })
  } catch (error) {
    if (error instanceof RangeError) return Result.fail("line 1, column 1: lists or objects are too deep in each other")
    throw error
  }
}
