// Draws a terminal's window as SVG, with text that can be selected.

import { html } from "../../../src/report/html.ts"
import type { Row } from "./terminal.ts"

const cell = { width: 8.4, height: 19 }
const margin = 18
const bar = 38

const fonts = "ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', 'Liberation Mono', monospace"
/** Its own background, and an edge that shows on a page as dark. */
const window = { background: "#161b22", bar: "#21262d", edge: "#484f58", title: "#9da7b3", text: "#e6edf3" }
/** Those of the terminal's colours that the command uses. */
const colours: Readonly<Record<number, string>> = { 1: "#ff7b72", 3: "#e3b341", 6: "#56d4dd" }
const buttons = ["#ff5f57", "#febc2e", "#28c840"]

const colourOf = (colour: number | undefined): string => {
  const found = colour === undefined ? window.text : colours[colour]
  if (found === undefined) throw new Error(`The window has no colour ${colour}`)
  return found
}

/**
 * Words with one space between them are a text, which has its place and its length: columns stand in line in any font,
 * and where spaces are not kept.
 */
const drawRow = (row: Row, baseline: number) =>
  row.flatMap(({ colour, column, text }) =>
    Array.from(text.matchAll(/\S+(?: \S+)*/g), ({ index, 0: words }) => {
      const x = (margin + (column + index) * cell.width).toFixed(1)
      const length = (words.length * cell.width).toFixed(1)
      return html`<text x="${x}" y="${baseline}" textLength="${length}" fill="${colourOf(colour)}">${words}</text>
        `
    }),
  )

/** The window of a terminal. */
export const windowOf = (title: string, columns: number, rows: ReadonlyArray<Row>): string => {
  const width = Math.ceil(columns * cell.width) + 2 * margin
  const height = bar + rows.length * cell.height + 2 * margin
  const baseline = bar + margin + 14
  return html`<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">
    <rect x="0.5" y="0.5" width="${width - 1}" height="${height - 1}" rx="9" fill="${window.background}" stroke="${window.edge}"/>
    <path d="M1 ${bar}V9.5a8.5 8.5 0 0 1 8.5-8.5h${width - 19}a8.5 8.5 0 0 1 8.5 8.5V${bar}z" fill="${window.bar}"/>
    ${buttons.map((fill, index) => html`<circle cx="${20 + index * 20}" cy="${bar / 2}" r="6" fill="${fill}"/>`)}
    <g font-family="${fonts}" font-size="14">
    <text x="${width / 2}" y="${bar / 2 + 5}" text-anchor="middle" fill="${window.title}">${title}</text>
    ${rows.map((row, index) => drawRow(row, baseline + index * cell.height))}
    </g>
    </svg>
    `.markup
}
