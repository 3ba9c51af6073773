import { assert, describe, it } from "@effect/vitest"
import { ConnectionError, SqlError, UnknownError } from "effect/sql/SqlError"
import { EmbeddedStopped, fromSqlError, sqlState } from "../../src/domain/DatabaseError.ts"

/** The client's error for an answer of PostgreSQL. */
const answered = (code: string, message: string) => {
  const cause = Object.assign(new Error(message), { severity: "ERROR", code, detail: "Key (email)=(a@example.com)" })
  return new SqlError({
    reason: new UnknownError({ cause, message: "PgConnection: Query failed", operation: "query" }),
  })
}

const broken = (cause: Error) =>
  new SqlError({ reason: new ConnectionError({ cause, message: "PgConnection: Socket error", operation: "query" }) })

describe("fromSqlError", () => {
  it("marks as retryable what may pass", () => {
    const passing = "08006 40001 40P01 53200 53300 55P03 57014 57P01 57P02 57P03 25006".split(" ")
    const lasting = "22001 23505 25P02 28P01 3D000 42501 42703 42P01 53100 57P04 58030 P0001 XX000".split(" ")
    assert.deepStrictEqual(
      [...passing, ...lasting].filter((code) => fromSqlError(answered(code, "")).retryable),
      passing,
    )
  })

  it("quotes PostgreSQL's message, never its detail, and not where it would quote a value", () => {
    const denied = fromSqlError(answered("42501", "permission denied for table users"))
    assert.include(denied.message, "permission denied for table users")
    assert.include(denied.message, "42501")
    assert.notInclude(JSON.stringify(denied), "a@example.com")
    for (const state of ["22P02", "44000", "P0001", "U0001", "90001"]) {
      const refused = fromSqlError(answered(state, 'not this one: "a@example.com"'))
      assert.strictEqual(refused.message, `PostgreSQL refused a value (SQLSTATE ${state}).`)
    }
  })

  it("distinguishes a lost connection from an answer", () => {
    const lost = broken(Object.assign(new Error("write EPIPE"), { code: "EPIPE" }))
    assert.isUndefined(sqlState(lost))
    assert.deepInclude(fromSqlError(lost), { reason: "lost", retryable: true })
    assert.include(fromSqlError(lost).message, "write EPIPE")
  })

  it("does not retry an embedded database that has stopped", () => {
    const stopped = fromSqlError(broken(new EmbeddedStopped("The embedded database in DIR stopped: disk full.")))
    assert.deepInclude(stopped, { reason: "stopped", retryable: false })
    assert.strictEqual(stopped.message, "The embedded database in DIR stopped: disk full.")
  })
})
