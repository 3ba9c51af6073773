// What a terminal shows of a command.

import { spawn } from "node:child_process"
import { once } from "node:events"
import { text } from "node:stream/consumers"
import xterm from "@xterm/headless"
import { Effect } from "effect"
import { etl, surroundings } from "./etl.ts"

export const columns = 80
/** From the files' lines to the one of the cursor. */
const lines = 34

/** Characters of one colour, side by side. */
interface Piece {
  readonly column: number
  readonly text: string
  /** One of the terminal's first sixteen; undefined: that of plain text. */
  readonly colour: number | undefined
}

/** A line of the terminal. */
export type Row = ReadonlyArray<Piece>

/** What the command sends to a terminal. */
const record = async (root: string, args: string): Promise<string> => {
  const command = [...etl.map((word) => `'${word}'`), args].join(" ")
  const child = spawn("script", ["-qec", `stty cols ${columns} rows ${lines} -echo; exec ${command}`, "/dev/null"], {
    ...surroundings(root),
    stdio: ["pipe", "pipe", "inherit"],
  })
  const [output, [code]] = await Promise.all([text(child.stdout), once(child, "close")])
  // Some records are rejected.
  if (code !== 3) throw new Error(`etl ${args} ended ${code}:\n${output}`)
  return output.replaceAll(root, "")
}

type Line = NonNullable<ReturnType<xterm.Terminal["buffer"]["active"]["getLine"]>>

const toRow = (line: Line): Row => {
  const pieces: Array<{ column: number; text: string; colour: number | undefined }> = []
  for (let column = 0; column < columns; column++) {
    const cell = line.getCell(column)!
    const colour = cell.isFgPalette() ? cell.getFgColor() : undefined
    const character = cell.getChars() || " "
    const last = pieces.at(-1)
    if (last !== undefined && last.colour === colour) last.text += character
    else pieces.push({ column, text: character, colour })
  }
  return pieces
}

/** The terminal's lines when the command has ended: what has scrolled away is not seen. */
export const runInTerminal = (root: string, args: string): Effect.Effect<ReadonlyArray<Row>> =>
  Effect.promise(async () => {
    const terminal = new xterm.Terminal({ cols: columns, rows: lines, allowProposedApi: true })
    const output = await record(root, args)
    await new Promise<void>((resolve) => terminal.write(output, resolve))
    const { active } = terminal.buffer
    return Array.from({ length: active.cursorY }, (_, row) => toRow(active.getLine(active.baseY + row)!))
  })
