// The report's part on runs: records, times, rejects, the queue, and the latest runs.

import { baseName, capitalized, formatNumber, plural } from "../text/format.ts"
import type { ReasonCount, ReportData } from "../domain/ReportData.ts"
import type { RunRecord } from "../domain/RunRecord.ts"
import { meaningOf, outcomes, type RecordCounts } from "../domain/RunSummary.ts"
import { barHeader, durations, nothing, scrolling } from "./charts.ts"
import { duration, minute, percent } from "./format.ts"
import { type Html, html } from "./html.ts"

/** Records a second over all attempts; null where none was read, or the time was not kept. */
export const recordsPerSecond = ({ milliseconds, totals }: RunRecord): number | null =>
  milliseconds === null || milliseconds === 0 || totals.read === 0
    ? null
    : Math.round((totals.read / milliseconds) * 1000)

/** The class of a count of rejects: by default more than a tenth of the records stops a run. */
export const alarm = ({ read, rejected }: RecordCounts): string => (rejected * 10 > read ? "alarm" : "")

const orDash = (value: number | null, format: (value: number) => string): string =>
  value === null ? "–" : format(value)

const stageRows = [
  ["Extract", "waiting for the files’ bytes", "extract"],
  ["Transform", "framing and decoding records", "transform"],
  ["Locate", "asking local databases for places", "locate"],
  ["Load", "writing to the database, over all connections", "load"],
] as const

const stages = ({ stages }: RunRecord): Html =>
  stages === null
    ? html`<h3>Time by stage</h3>
        ${nothing("The times of this run’s stages were not kept.")}`
    : html`${durations(
        "Time by stage",
        stageRows.map(([name, meaning, stage]) => ({ name, meaning, milliseconds: stages[stage] })),
      )}
        <p class="note">Stages overlap: together they may take longer than the run.</p>`

const records = ({ totals: counts }: RunRecord): Html =>
  html`<table>
    <caption>
      Records by outcome
      <span class="aside">${formatNumber(counts.read)} read</span>
    </caption>
    <thead>
      <tr>
        <th scope="col">Outcome</th>
        <th scope="col" class="n">Records</th>
        <th scope="col" class="n">Share</th>
      </tr>
    </thead>
    <tbody>
      ${outcomes.map(
        (outcome) =>
          html`<tr>
            ${barHeader([capitalized(outcome), html` <span class="quiet">${meaningOf[outcome]}</span>`], counts[outcome], counts.read)}
            <td class="n ${outcome === "rejected" ? alarm(counts) : ""}">${formatNumber(counts[outcome])}</td>
            <td class="n quiet">${percent(counts[outcome], counts.read)}</td>
          </tr>`,
      )}
    </tbody>
  </table>`

const failures = ({ files, total }: ReportData["failed"]): Html | null =>
  total === 0
    ? null
    : html`<div class="card">
        <h3>
          ${plural(total, "file")} failed
          <span class="aside">${total > files.length ? `the first ${files.length}` : ""}</span>
        </h3>
        ${files.map(({ error }) => html`<p class="note">${error}</p>`)}
      </div>`

const badValues = ({ runId, totals: { blanked } }: RunRecord): Html | null =>
  blanked === 0
    ? null
    : html`<p class="note">${plural(blanked, "value")} could not be used and ${blanked === 1 ? "is" : "are"} null: <code>etl rejects --values --run ${String(runId)}</code> lists ${blanked === 1 ? "it" : "them"}.</p>`

/** The outcomes of the run's records, its times, and the files that could not be read. */
export const work = ({ failed, run }: ReportData): Html =>
  html`<section aria-labelledby="work">
    <h2 id="work">${run === null ? "The run" : `Run ${run.runId}`}</h2>
    ${
      run === null
        ? html`<div class="card">${nothing("No run yet. etl --source DIR loads files.")}</div>`
        : html`<div class="columns two">
            <div class="card">${records(run)}${badValues(run)}</div>
            <div class="card">${stages(run)}</div>
          </div>
          ${failures(failed)}`
    }
  </section>`

const noRejects = (run: RunRecord | null): string => {
  if (run === null) return "No run yet, so nothing was rejected."
  return run.totals.rejected === 0
    ? "No record was rejected."
    : `The ${formatNumber(run.totals.rejected)} rejects of this run are no longer kept.`
}

const describe = ({ column, message, example }: ReasonCount): Html =>
  html`${column === null ? null : html`<code>${column}</code> `}${message}<span class="quiet">, first at ${baseName(example.uri)}:${String(example.line)}</span>`

/** Why records were rejected, with the first of each kind. */
export const rejects = ({ rejects: { kept, distinct, reasons }, run }: ReportData): Html => {
  const aside = distinct > reasons.length ? `the first ${reasons.length} of ${formatNumber(distinct)} reasons` : ""
  const most = reasons[0]?.records ?? 0
  return html`<section aria-labelledby="rejects">
    <h2 id="rejects">Rejected records</h2>
    <div class="card">
      ${
        reasons.length === 0
          ? nothing(noRejects(run))
          : html`<table>
                <caption>
                  ${formatNumber(kept)} ${kept === 1 ? "record" : "records"} by reason
                  <span class="aside">${aside}</span>
                </caption>
                <thead>
                  <tr>
                    <th scope="col">Reason</th>
                    <th scope="col" class="n">Records</th>
                    <th scope="col" class="n">Share</th>
                  </tr>
                </thead>
                <tbody>
                  ${reasons.map(
                    (reason) =>
                      html`<tr>
                        ${barHeader(describe(reason), reason.records, most)}
                        <td class="n">${formatNumber(reason.records)}</td>
                        <td class="n quiet">${percent(reason.records, kept)}</td>
                      </tr>`,
                  )}
                </tbody>
              </table>
              <p class="note">A record with several reasons counts for each. <code>etl rejects --run ${run?.runId ?? "latest"}</code> lists them all.</p>`
      }
    </div>
  </section>`
}

/** The pending addresses, and the service's answers. */
export const queue = ({ queue, users }: ReportData): Html => {
  const { waiting, claimed, located, unlocatable } = queue
  const without = unlocatable.reduce((sum, { addresses }) => sum + addresses, 0)
  const reasons = unlocatable.map(({ reason, addresses }) => `${formatNumber(addresses)} ${reason}`).join(", ")
  const isUnused = waiting + located + without === 0
  return html`<section aria-labelledby="queue">
    <h2 id="queue">Locating</h2>
    <div class="card">
      ${
        isUnused
          ? nothing("No address is pending, and no service has answered any.")
          : html`<dl class="facts">
              <div>
                <dt>Pending</dt>
                <dd>${formatNumber(waiting)}</dd>
                <dd class="aside">
                  ${claimed > 0 ? `${formatNumber(claimed)} in requests now` : waiting > 0 ? "etl locate looks them up" : "the queue is empty"}
                </dd>
              </div>
              <div>
                <dt>Answered with a place</dt>
                <dd>${formatNumber(located)}</dd>
                <dd class="aside">addresses</dd>
              </div>
              <div>
                <dt>Answered without a place</dt>
                <dd>${formatNumber(without)}</dd>
                <dd class="aside">${reasons}</dd>
              </div>
            </dl>`
      }
      ${
        users.total === 0
          ? null
          : html`<p class="note">
        Users by place: ${formatNumber(users.byService)} where a service has answered,
        ${formatNumber(Math.max(0, users.located - users.byService))} where a local database has, or where they were before;
        ${formatNumber(users.total - users.located)} without a place.
      </p>`
      }
    </div>
  </section>`
}

/** The outcomes of a run's records; a small screen has room for the first two only. */
const columns = [
  ["read", ""],
  ["rejected", ""],
  ...outcomes.filter((outcome) => outcome !== "rejected").map((outcome) => [outcome, "detail"] as const),
] as const

/** `data-name`: on a small screen the table has no headers, so that each cell shows its own. */
const runRow = (run: RunRecord, isShown: boolean): Html => {
  const { runId: id, source, startedAt, attempts, exitCode, totals, milliseconds } = run
  return html`<tr class="${isShown ? "shown" : ""}">
    <th scope="row" class="n" data-name="Run">${String(id)}</th>
    <td class="state ${run.state.replaceAll(" ", "-")}" data-name="State">${run.state}${attempts > 1 ? `, ${attempts} attempts` : ""}</td>
    <td class="n" data-name="Exit">${orDash(exitCode, formatNumber)}</td>
    <td class="when" data-name="Started"><time datetime="${startedAt.toISOString()}">${minute(startedAt)}</time></td>
    <td class="source" data-name="Source">${source}</td>
    ${columns.map(([name, kind]) => html`<td class="n ${kind} ${name === "rejected" ? alarm(totals) : ""}" data-name="${capitalized(name)}">${formatNumber(totals[name])}</td>`)}
    <td class="n" data-name="Time">${orDash(milliseconds, duration)}</td>
    <td class="n" data-name="Records/s">${orDash(recordsPerSecond(run), formatNumber)}</td>
  </tr>`
}

/** The runs with the latest attempts. */
export const history = ({ runs, run }: ReportData): Html =>
  html`<section aria-labelledby="history">
    <h2 id="history">Runs</h2>
    <div class="card">
      ${
        runs.length === 0
          ? nothing("No run yet. etl --source DIR loads files.")
          : scrolling(
              "Latest runs",
              html`<table class="wide">
                <caption>
                  ${runs.length === 1 ? "One run" : `The ${runs.length} latest runs, by their last attempt`}
                </caption>
                <thead>
                  <tr>
                    <th scope="col" class="n">Run</th>
                    <th scope="col">State</th>
                    <th scope="col" class="n">Exit</th>
                    <th scope="col">Started (UTC)</th>
                    <th scope="col">Source</th>
                    ${columns.map(([name, kind]) => html`<th scope="col" class="n ${kind}">${capitalized(name)}</th>`)}
                    <th scope="col" class="n">Time</th>
                    <th scope="col" class="n">Records/s</th>
                  </tr>
                </thead>
                <tbody>
                  ${runs.map((each) => runRow(each, each.runId === run?.runId))}
                </tbody>
              </table>`,
            )
      }
    </div>
  </section>`
