// The report as one HTML page.

import { formatNumber, plural } from "../text/format.ts"
import type { ReportData } from "../domain/ReportData.ts"
import { joinCountries } from "./countries.ts"
import { duration, percent, time } from "./format.ts"
import { Html, html } from "./html.ts"
import { reportMark } from "./reportMark.ts"
import { people, places, quality } from "./people.ts"
import { style } from "./style.ts"
import { alarm, history, queue, recordsPerSecond, rejects, work } from "./work.ts"

/** No script, no image, no font, no frame, no request: all that is shown is in the file. */
const policy = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"

const tile = (name: string, value: string, note: string, kind = ""): Html =>
  html`<div>
    <dt>${name}</dt>
    <dd class="value ${value.length > 9 ? "many" : ""} ${kind}">${value}</dd>
    <dd class="aside">${note}</dd>
  </div>`

const tiles = ({ users, run, queue }: ReportData, countries: number): Html => {
  const without = users.total - users.located
  const speed = run === null ? null : recordsPerSecond(run)
  const ofRun = run === null ? "no run yet" : `run ${run.runId}`
  return html`<section aria-labelledby="glance">
    <h2 id="glance" class="hidden">At a glance</h2>
    <dl class="tiles">
      ${tile("Users", formatNumber(users.total), users.total === 0 ? "none yet" : `${percent(users.active, users.total)} active`)}
      ${tile("Countries", formatNumber(countries), countries === 0 ? "none yet" : "with users")}
      ${tile(
        "Located",
        users.total === 0 ? "–" : percent(users.located, users.total),
        users.total === 0
          ? "no users yet"
          : queue.waiting > 0
            ? `${plural(queue.waiting, "address", "addresses")} pending`
            : `${formatNumber(without)} without a place`,
      )}
      ${tile("Rejected", run === null ? "–" : formatNumber(run.totals.rejected), run === null ? ofRun : `${percent(run.totals.rejected, run.totals.read)} of its records`, run === null ? "" : alarm(run.totals))}
      ${tile("Duration", run === null || run.milliseconds === null ? "–" : duration(run.milliseconds), run !== null && run.milliseconds === null ? `not kept for ${ofRun}` : run !== null && run.attempts > 1 ? `${ofRun}, ${run.attempts} attempts` : ofRun)}
      ${tile("Records/s", speed === null ? "–" : formatNumber(speed), run === null ? ofRun : `${formatNumber(run.totals.read)} read`)}
    </dl>
  </section>`
}

const heading = ({ run, database, madeAt }: ReportData): Html =>
  html`<header>
    <h1>User activity</h1>
    <p>Database <b>${database}</b> on <time datetime="${madeAt.toISOString()}">${time(madeAt)}</time></p>
    ${
      run === null
        ? null
        : html`<p>Run ${String(run.runId)} (${run.state}) of <span class="source">${run.source}</span></p>`
    }
  </header>`

/**
 * DB-IP's licence asks for the link wherever places from its files are shown. Which database gave a place is not
 * stored: the link is left out only where a service gave all of them.
 */
const attribution = ({ users }: ReportData): Html | null =>
  users.located > users.byService
    ? html`<p>
        Places that were found in a database of DB-IP, if any:
        <a href="https://db-ip.com" rel="noreferrer">IP Geolocation by DB-IP</a> (CC BY 4.0).
      </p>`
    : null

/** The report: one HTML page without scripts that needs nothing but itself. */
export const page = (data: ReportData): string => {
  const countries = joinCountries(data.countries.top)
  const unlisted = data.countries.distinct - data.countries.top.length
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        ${new Html(reportMark)}
        <meta http-equiv="Content-Security-Policy" content="${policy}" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta name="referrer" content="no-referrer" />
        <meta name="robots" content="noindex" />
        <title>User activity: ${plural(data.users.total, "user")}, ${data.database}, ${time(data.madeAt)}</title>
        <style>
          ${new Html(style)}
        </style>
      </head>
      <body>
        ${heading(data)}
        <main>
          ${tiles(data, countries.length + unlisted)} ${places(data, countries)} ${people(data)} ${quality(data)}
          ${work(data)} ${rejects(data)} ${queue(data)} ${history(data)}
        </main>
        <footer>
          <p>
            Made by <code>etl report</code> of user-activity-etl. It holds counts only: no e-mail addresses, names or records. Times
            are UTC.
          </p>
          ${attribution(data)}
        </footer>
      </body>
    </html> `.markup
}
