import { PgTypes } from "@effect/sql-pg"
import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"
import { types } from "../../src/database/types.ts"
import { takesBytes } from "../../src/postgres/BinaryArray.ts"

const values = {
  textArray: ["a", null, "Ä"],
  dateArray: ["2024-02-29", null],
  boolArray: [true, null, false],
  int4Array: [-1, null, 2],
  int8Array: [-1n, null, 2n ** 53n],
  timestamptzArray: [new Date(5), null],
  float8Array: [0.5, null],
  int4: 7,
} as const satisfies Partial<Record<keyof typeof PgTypes.OID, unknown>>

describe("types", () => {
  it("send and read values as the client's own do", () => {
    for (const [name, value] of Object.entries(values)) {
      const oid = PgTypes.OID[name as keyof typeof values]
      const bytes = PgTypes.encode(value, oid)
      assert.deepStrictEqual(PgTypes.encode(value, oid, types), bytes)
      assert.deepStrictEqual(PgTypes.decode(Result.getOrThrow(bytes), oid, 1, types), Result.succeed(value))
    }
  })

  it("refuse what is no array, as the client's own do", () => {
    for (const value of ["a", 1, {}]) {
      assert.deepStrictEqual(
        PgTypes.encode(value, PgTypes.OID.textArray, types),
        PgTypes.encode(value, PgTypes.OID.textArray),
      )
    }
  })
})

describe("takesBytes", () => {
  it("is true of our types alone", () => {
    const registryOf = (encode: (value: unknown) => Result.Result<Uint8Array, PgTypes.CodecError>) => {
      const registry = PgTypes.makeRegistry()
      registry.register(PgTypes.OID.textArray, { encode, decode: Result.succeed })
      return registry
    }
    assert.isTrue(takesBytes(types))
    assert.isFalse(takesBytes(undefined))
    assert.isFalse(takesBytes(PgTypes.makeRegistry()))
    assert.isFalse(takesBytes(registryOf(() => Result.succeed(new Uint8Array()))))
    assert.isFalse(
      takesBytes(
        registryOf(() => {
          throw new TypeError("not an array")
        }),
      ),
    )
  })
})
