// A TCP connection without TLS that never carries a password in clear text.

import { PgProtocol } from "@effect/sql-pg"
import { connect, type Socket } from "node:net"
import { type DatabaseOrigins, PasswordInClear } from "../domain/DatabaseError.ts"

/** What a server sends before it is ready for a statement is small. */
const maxMessageSize = 1024 * 1024

/**
 * Ends a connection whose server asks for the password in clear text, before anything is answered. It may ask at any
 * time during authentication, so that every message is inspected until the session is ready.
 */
const refuseClearText = (socket: Socket, origins: DatabaseOrigins | undefined): void => {
  const parser = PgProtocol.makeParser({ maxMessageSize })
  const inspect = (chunk: Uint8Array): void => {
    try {
      for (const { _tag } of parser.push(chunk)) {
        if (_tag === "AuthenticationCleartextPassword") throw new PasswordInClear(origins)
        if (_tag === "ReadyForQuery") return void socket.off("data", inspect)
      }
    } catch (error) {
      // The client's own listener comes after this one: what it writes to a destroyed socket is dropped.
      socket.destroy(error as Error)
    }
  }
  socket.on("data", inspect)
}

interface PlainSocketOptions {
  readonly host: string
  readonly port: number
  /** Milliseconds. */
  readonly keepAlive: number
  /** For the error if the server asks for the password in clear text. */
  readonly origins: DatabaseOrigins | undefined
}

/** A connection to take as `stream` of a `PgConnection`. */
export const open = ({ host, port, keepAlive, origins }: PlainSocketOptions): Socket => {
  const socket = connect({ host, port, noDelay: true, keepAlive: true, keepAliveInitialDelay: keepAlive })
  refuseClearText(socket, origins)
  return socket
}
