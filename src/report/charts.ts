// Bars and tables of numbers, for the report.

import { formatNumber } from "../text/format.ts"
import { duration, percent, width } from "./format.ts"
import { type Html, html, type Content } from "./html.ts"

/** A row's header, with a bar behind it: `part` of `most`. */
export const barHeader = (name: Content, part: number, most: number): Html =>
  html`<th scope="row" class="bar">
    <span class="fill" style="width:${width(part, most)}"></span><span class="name">${name}</span>
  </th>`

/** Shown where there is nothing to draw, with what to do. */
export const nothing = (text: string): Html => html`<p class="nothing">${text}</p>`

/** A table that is wider than a phone scrolls by itself, with the keyboard too. */
export const scrolling = (label: string, table: Html): Html =>
  html`<div class="scroll" role="region" aria-label="${label}" tabindex="0">${table}</div>`

export interface Ranked {
  readonly name: Content
  readonly users: number
}

/** The most frequent values as a table with bars. `distinct`: of how many; `whole`: what they are shares of. */
export const ranking = (options: {
  readonly caption: string
  readonly noun: string
  readonly rows: ReadonlyArray<Ranked>
  readonly distinct: number
  readonly whole: number
  readonly none: string
}): Html => {
  const { caption, noun, rows, distinct, whole, none } = options
  if (rows.length === 0) {
    return html`<div class="card">
      <h3>${caption}</h3>
      ${nothing(none)}
    </div>`
  }
  const most = rows[0]!.users
  const shown =
    distinct > rows.length ? `the first ${rows.length} of ${formatNumber(distinct)}` : `all ${formatNumber(distinct)}`
  return html`<div class="card">
    <table>
      <caption>
        ${caption}
        <span class="aside">${distinct === 1 ? "" : shown}</span>
      </caption>
      <thead>
        <tr>
          <th scope="col">${noun}</th>
          <th scope="col" class="n">Users</th>
          <th scope="col" class="n">Share</th>
        </tr>
      </thead>
      <tbody>
        ${rows.map(
          ({ name, users }) =>
            html`<tr>
              ${barHeader(name, users, most)}
              <td class="n">${formatNumber(users)}</td>
              <td class="n quiet">${percent(users, whole)}</td>
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`
}

/** Parts of a whole: one bar, and a list that names its parts. Empty parts are left out. */
export const shares = (
  caption: string,
  parts: ReadonlyArray<{ readonly name: string; readonly users: number; readonly isUnknown?: boolean }>,
  none: string,
): Html => {
  const whole = parts.reduce((sum, { users }) => sum + users, 0)
  if (whole === 0) {
    return html`<div class="card">
      <h3>${caption}</h3>
      ${nothing(none)}
    </div>`
  }
  const shown = parts.filter(({ users }) => users > 0)
  const colour = ({ isUnknown }: { readonly isUnknown?: boolean }, index: number) =>
    isUnknown ? "land" : `s${index + 1}`
  return html`<figure class="card shares">
    <figcaption>${caption}</figcaption>
    <div class="stack" aria-hidden="true">
      ${shown.map((part, index) => html`<span class="${colour(part, index)}" style="width:${width(part.users, whole)}"></span>`)}
    </div>
    <ul>
      ${shown.map(
        (part, index) =>
          html`<li>
            <span class="swatch ${colour(part, index)}"></span><span class="name">${part.name}</span><span class="n">${formatNumber(part.users)}</span><span class="n quiet">${percent(part.users, whole)}</span>
          </li>`,
      )}
    </ul>
  </figure>`
}

/** How long each step took, as a table with bars. */
export const durations = (
  caption: string,
  rows: ReadonlyArray<{ readonly name: string; readonly meaning: string; readonly milliseconds: number }>,
): Html => {
  const most = Math.max(1, ...rows.map(({ milliseconds }) => milliseconds))
  return html`<table>
    <caption>
      ${caption}
    </caption>
    <thead>
      <tr>
        <th scope="col">Stage</th>
        <th scope="col" class="n">Time</th>
      </tr>
    </thead>
    <tbody>
      ${rows.map(
        ({ name, meaning, milliseconds }) =>
          html`<tr>
            ${barHeader([name, html` <span class="quiet">${meaning}</span>`], milliseconds, most)}
            <td class="n">${duration(milliseconds)}</td>
          </tr>`,
      )}
    </tbody>
  </table>`
}
