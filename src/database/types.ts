// How the clients of this package send values: as any `PgClient` does, and arrays that are bytes already as they are.

import { PgTypes } from "@effect/sql-pg"
import { Result } from "effect"

/** The types of the arrays that the upsert of users sends. */
const arrayTypes = [
  PgTypes.OID.textArray,
  PgTypes.OID.dateArray,
  PgTypes.OID.boolArray,
  PgTypes.OID.int4Array,
  PgTypes.OID.int8Array,
  PgTypes.OID.float8Array,
  PgTypes.OID.timestamptzArray,
]

/** An array, or one in PostgreSQL's binary form. */
type Value = ReadonlyArray<unknown> | Uint8Array

const codecOf = (oid: number): PgTypes.Codec<Value> => ({
  encode: (value) => (value instanceof Uint8Array ? Result.succeed(value) : PgTypes.encode(value, oid)),
  decode: (bytes) => PgTypes.decode(bytes, oid, 1) as Result.Result<Value, PgTypes.CodecError>,
  write: (sink, value) => {
    if (!(value instanceof Uint8Array))
      return PgTypes.writeParameter(sink, { [PgTypes.ParameterTypeId]: PgTypes.ParameterTypeId, oid, value })
    sink.raw(value)
    return Result.void
  },
})

/** The repositories ask it whether it takes bytes: a program's own client may have other types. */
export const types = PgTypes.makeRegistry()

for (const oid of arrayTypes) types.register(oid, codecOf(oid))
