import { PgProtocol } from "@effect/sql-pg"
import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"
import { OutgoingStatements } from "./OutgoingStatements.ts"

const startup = PgProtocol.encodeStartupMessage({ user: "postgres", database: "postgres" })
const parse = (name: string, query: string) =>
  Result.getOrThrow(PgProtocol.encodeParse({ name, query, parameterTypes: [25] }))
const bind = (statement: string, portal = "") =>
  Result.getOrThrow(PgProtocol.encodeBind({ portal, statement, parameters: [] }))
const execute = (portal = "") => PgProtocol.encodeExecute({ portal, maxRows: 0 })
const sync = PgProtocol.encodeSync()

/** What is told when the messages come in pieces of so many bytes. */
const executed = (messages: ReadonlyArray<Uint8Array>, size: number): ReadonlyArray<string> => {
  const outgoing = new OutgoingStatements()
  const bytes = Buffer.concat(messages)
  return Array.from({ length: Math.ceil(bytes.length / size) }, (_, piece) =>
    outgoing.push(bytes.subarray(piece * size, (piece + 1) * size)),
  ).flat()
}

describe("OutgoingStatements", () => {
  it("tells what is executed, by its text or by the name that it was prepared under, however the bytes are cut", () => {
    const messages = [
      [PgProtocol.encodeSslRequest(), startup, PgProtocol.encodePasswordMessage({ password: "COMMIT" })],
      [parse("", "begin"), bind(""), execute(), sync],
      [parse("s1", "commit"), parse("s2", "select 'ü'"), sync],
      [bind("s1"), execute(), sync, bind("s2", "p"), bind("s1"), execute("p"), execute(), sync],
      [parse("", "rollback"), bind(""), execute(), sync],
      [Buffer.from("Q\0\0\0\x0bselect\0", "latin1"), PgProtocol.encodeTerminate()],
    ].flat()
    const all = ["begin", "commit", "select 'ü'", "commit", "rollback", "select"]
    for (const size of [1, 2, 7, 50, 100_000]) assert.deepStrictEqual(executed(messages, size), all)
  })

  it("tells a statement with its last message, not before", () => {
    const outgoing = new OutgoingStatements()
    assert.deepStrictEqual(outgoing.push(startup), [])
    assert.deepStrictEqual(outgoing.push(Buffer.concat([parse("s", "commit"), bind("s")])), [])
    const message = execute()
    assert.deepStrictEqual(outgoing.push(message.subarray(0, -1)), [])
    assert.deepStrictEqual(outgoing.push(message.subarray(-1)), ["commit"])
  })

  it("takes no notice of other protocols", () => {
    const http = Buffer.from("POST /batch HTTP/1.1\r\n\r\nCOMMIT")
    const cancel = PgProtocol.encodeCancelRequest({ pid: 1, secret: 2 })
    for (const bytes of [http, cancel])
      assert.deepStrictEqual(executed([bytes, parse("", "x"), bind(""), execute()], 9), [])
  })
})
