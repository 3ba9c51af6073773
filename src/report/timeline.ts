// The report's chart of users by the day of their creation.

import { formatNumber } from "../text/format.ts"
import { scaleBand, scaleLinear } from "d3-scale"
import type { Timeline, TimeUnit } from "../domain/ReportData.ts"
import { nothing } from "./charts.ts"
import { list, short } from "./format.ts"
import { type Html, html } from "./html.ts"

const plotWidth = 1000
const plotHeight = 240
const maxLabels = 8
/** So that few spans do not fill the plot. */
const maxBarWidth = 90

/** The day `YYYY-MM-DD` at midnight UTC; years before 100 too. */
const toDate = (day: string): Date => new Date(`${day}T00:00:00Z`)

const months: Partial<Record<TimeUnit, number>> = { month: 1, quarter: 3, year: 12, decade: 120, century: 1200 }

/** The first day of the next span. */
const next = (start: Date, unit: TimeUnit): Date => {
  const following = new Date(start)
  const step = months[unit]
  if (step === undefined) following.setUTCDate(start.getUTCDate() + (unit === "week" ? 7 : 1))
  else if (step <= 12) following.setUTCMonth(start.getUTCMonth() + step)
  else {
    // The first decade has nine years: there is no year 0.
    const years = step / 12
    const offset = unit === "century" ? 1 : 0
    following.setUTCFullYear((Math.floor((start.getUTCFullYear() - offset) / years) + 1) * years + offset)
  }
  return following
}

interface Span {
  readonly start: Date
  readonly users: number
}

/** More spans than the database returns. */
const maxSpans = 400

/** All spans from the first to the last, including those without users. */
const withGaps = ({ spans, unit }: Timeline): ReadonlyArray<Span> => {
  const first = spans[0]
  const last = spans.at(-1)
  if (first === undefined || last === undefined) return []
  const users = new Map(spans.map((span) => [toDate(span.start).getTime(), span.users]))
  const all: Array<Span> = []
  const end = toDate(last.start)
  for (let start = toDate(first.start); start <= end && all.length < maxSpans; start = next(start, unit)) {
    all.push({ start, users: users.get(start.getTime()) ?? 0 })
  }
  return all
}

const format = (options: Intl.DateTimeFormatOptions) => {
  const formatter = new Intl.DateTimeFormat("en-US", { ...options, timeZone: "UTC" })
  return (date: Date): string => formatter.format(date)
}
const dayAndYear = format({ day: "numeric", month: "short", year: "numeric" })
const dayAlone = format({ day: "numeric", month: "short" })
const monthAndYear = format({ month: "long", year: "numeric" })
const shortMonth = format({ month: "short", year: "numeric" })

/** The name of a span in a sentence. */
const spanNames: Readonly<Record<TimeUnit, (start: Date) => string>> = {
  day: dayAndYear,
  week: (start) => `week of ${dayAndYear(start)}`,
  month: monthAndYear,
  quarter: (start) => `Q${Math.floor(start.getUTCMonth() / 3) + 1} ${start.getUTCFullYear()}`,
  year: (start) => String(start.getUTCFullYear()),
  decade: (start) => `${start.getUTCFullYear()}s`,
  century: (start) => `${start.getUTCFullYear()}–${start.getUTCFullYear() + 99}`,
}
/** The name of a span below the axis, which has a label at each `every`th span. */
const axisName = (unit: TimeUnit, start: Date, every: number): string => {
  if (unit === "day" || unit === "week") return dayAlone(start)
  if (unit === "month") return every % 12 === 0 ? spanNames.year(start) : shortMonth(start)
  if (unit === "quarter" && every % 4 === 0) return spanNames.year(start)
  return unit === "century" ? spanNames.year(start) : spanNames[unit](start)
}

const dayMilliseconds = 86_400_000

/** The number of a span in the calendar, and the usual steps between labels. */
const calendar: Readonly<Record<TimeUnit, readonly [number: (start: Date) => number, steps: ReadonlyArray<number>]>> = {
  day: [(start) => start.getTime() / dayMilliseconds, [1, 2, 7, 14, 28]],
  week: [(start) => Math.floor(start.getTime() / (7 * dayMilliseconds)), [1, 2, 4, 8, 13, 26, 52]],
  month: [(start) => start.getUTCFullYear() * 12 + start.getUTCMonth(), [1, 2, 3, 6, 12, 24, 60]],
  quarter: [(start) => start.getUTCFullYear() * 4 + start.getUTCMonth() / 3, [1, 2, 4, 8, 20, 40]],
  year: [(start) => start.getUTCFullYear(), [1, 2, 5, 10, 20, 50]],
  decade: [(start) => Math.floor(start.getUTCFullYear() / 10), [1, 2, 5, 10, 20, 50]],
  century: [(start) => Math.floor(start.getUTCFullYear() / 100), [1, 2, 5, 10, 20, 50]],
}

const percentOf = (value: number, whole: number): string => `${Math.round((value / whole) * 10_000) / 100}%`

const users = (number: number): string => `${formatNumber(number)} ${number === 1 ? "user" : "users"}`

const note = ({ before, after, missing }: Timeline): Html | null => {
  const items = [
    ...(before > 0 ? [`${users(before)} long before`] : []),
    ...(after > 0 ? [`${users(after)} long after`] : []),
    ...(missing > 0 ? [`${users(missing)} without a date`] : []),
  ]
  return items.length === 0 ? null : html`<p class="note">Not drawn: ${list(items)}.</p>`
}

/** Users by the day of their creation: bars, with the axes' labels beside them, of one size on any screen. */
export const timelineChart = (timeline: Timeline): Html => {
  const spans = withGaps(timeline)
  const title = `Users by ${timeline.unit} of creation`
  if (spans.length === 0) {
    return html`<div class="card">
      <h3>Users by day of creation</h3>
      ${nothing("No user has a date of creation yet.")}
    </div>`
  }
  const most = spans.reduce((high, span) => (span.users > high.users ? span : high))
  const y = scaleLinear([0, most.users], [plotHeight, 0]).nice(4)
  const top = y.domain()[1]!
  const x = scaleBand(
    spans.map((_, index) => index),
    [0, Math.min(plotWidth, spans.length * maxBarWidth)],
  ).paddingInner(spans.length > 60 ? 0.12 : 0.25)
  const ticks = y.ticks(4).filter(Number.isInteger)
  const [numberOf, steps] = calendar[timeline.unit]
  const every = steps.find((step) => spans.length / step <= maxLabels) ?? steps.at(-1)!
  const nameOf = spanNames[timeline.unit]

  const bars = spans.map((span, index) => {
    if (span.users === 0) return null
    const height = Math.max(plotHeight - y(span.users), 1)
    return html`<rect x="${x(index)!.toFixed(1)}" y="${(plotHeight - height).toFixed(1)}" width="${x.bandwidth().toFixed(1)}" height="${height.toFixed(1)}"><title>${nameOf(span.start)}: ${users(span.users)}</title></rect>`
  })
  const labels = spans.flatMap(({ start }, index) => {
    const middle = x(index)! + x.bandwidth() / 2
    const number = numberOf(start)
    if (number % every !== 0 || middle > plotWidth * 0.96) return []
    const isMinor = spans.length / every > maxLabels / 2 && (number / every) % 2 !== 0
    return html`<span class="${isMinor ? "minor" : "major"}" style="left:${percentOf(middle, plotWidth)}">${axisName(timeline.unit, start, every)}</span>`
  })
  return html`<figure class="card chart">
    <figcaption>${title}</figcaption>
    <div class="plot">
      <div class="y" aria-hidden="true">
        ${ticks.map((tick) => html`<span style="bottom:${percentOf(tick, top)}">${short(tick)}</span>`)}
      </div>
      <svg viewBox="0 0 ${plotWidth} ${plotHeight}" preserveAspectRatio="none" role="img"
        aria-labelledby="time-title time-desc"
      >
        <title id="time-title">${title}</title>
        <desc id="time-desc">
          From ${nameOf(spans[0]!.start)} to ${nameOf(spans.at(-1)!.start)}; the most, ${formatNumber(most.users)}, in
          ${nameOf(most.start)}.
        </desc>
        <g class="grid">
          ${ticks.map((tick) => html`<line x1="0" x2="${plotWidth}" y1="${y(tick).toFixed(1)}" y2="${y(tick).toFixed(1)}" />`)}
        </g>
        <g class="bars">${bars}</g>
      </svg>
      <div class="x" aria-hidden="true">${labels}</div>
    </div>
    ${note(timeline)}
  </figure>`
}
