// Formats the result of a dry run.

import { Struct } from "effect"
import { formatDuration, formatNumber, plural } from "../../text/format.ts"
import { Location } from "../../domain/Location.ts"
import { describeInFull } from "../../domain/Reject.ts"
import * as RejectLimit from "../../domain/RejectLimit.ts"
import type { RunSummary } from "../../domain/RunSummary.ts"
import { userColumns } from "../../domain/User.ts"
import { printable } from "../../text/printable.ts"
import type { Seen } from "../../repo/Preview.ts"
import type { RunFlags } from "../flags/runFlags.ts"
import { hasLocator } from "../locators.ts"
import { formatFailure } from "./formatSummary.ts"

/** Reasons of rejects that are listed. */
const reasonsShown = 20

const placeColumns = Struct.keys(Location.fields)

const columnWidth = Math.max(...[...userColumns, ...placeColumns].map((name) => name.length))

/** Characters of a value that are shown: `extra` may have any number of names. */
const mostCharacters = 400

const shown = (value: string | number | boolean | null): string => {
  const text = String(value)
  return text.length > mostCharacters ? `${text.slice(0, mostCharacters)}...` : text
}

const formatUser = ({ file, line, user, location }: Seen["users"][number]): ReadonlyArray<string> => {
  const columns = [
    ...userColumns.flatMap((name) => (name === "extra" && user.extra === null ? [] : [[name, user[name]] as const])),
    ...(location === null ? [] : placeColumns.map((name) => [name, location[name]] as const)),
  ]
  return [`  ${file}:${line}`, ...columns.map(([name, value]) => `    ${name.padEnd(columnWidth)}  ${shown(value)}`)]
}

const formatCounts = ({ files, totals }: RunSummary): ReadonlyArray<string> => {
  const rows = [
    ["read", totals.read, `of ${plural(files.length, "file")}`],
    [
      "upserts",
      totals.inserted,
      `${totals.inserted === 1 ? "record" : "records"}; only the database knows which users are new`,
    ],
    ["duplicate", totals.duplicate, "superseded within their chunk"],
    ["rejected", totals.rejected, "could not be loaded"],
    ...(totals.blanked === 0
      ? []
      : [["blanked", totals.blanked, "values that could not be used, and would be null"] as const]),
  ] as const
  const width = Math.max(...rows.map(([, count]) => formatNumber(count).length))
  return rows.map(([name, count, meaning]) => `  ${name.padEnd(9)}  ${formatNumber(count).padStart(width)}  ${meaning}`)
}

const formatRejects = ({ rejectedFor, totals }: RunSummary, { rejects }: Seen): ReadonlyArray<string> => {
  const { rejected } = totals
  if (rejected === 0) return []
  const shown = rejectedFor.slice(0, reasonsShown)
  const width = Math.max(...shown.map(({ records }) => formatNumber(records).length))
  const more = rejectedFor.length - shown.length
  return [
    "Rejected:",
    ...shown.map(
      ({ reason, records, file, line }) =>
        `  ${formatNumber(records).padStart(width)}  ${reason}, first at ${file}:${line}`,
    ),
    ...(more > 0 ? [`  and ${plural(more, "other reason")}`] : []),
    rejects.length < rejected ? `The first ${rejects.length}:` : rejected === 1 ? "The reject:" : "The rejects:",
    ...rejects.map(({ file, line, reasons }) => `  ${file}:${line}: ${reasons.map(describeInFull).join("; ")}`),
  ]
}

const formatBadValues = ({ totals }: RunSummary, { badValues }: Seen): ReadonlyArray<string> => {
  if (totals.blanked === 0) return []
  const isAll = badValues.length === totals.blanked
  const which = isAll
    ? totals.blanked === 1
      ? "The bad value:"
      : "The bad values:"
    : `The first ${plural(badValues.length, "bad value")}:`
  return [which, ...badValues.map(({ file, line, reason }) => `  ${file}:${line}: ${describeInFull(reason)}`)]
}

const formatPlaces = ({ addresses }: RunSummary, geo: RunFlags["geo"]): ReadonlyArray<string> => {
  const { located, unlocatable, reasons } = addresses
  // Not in the local files.
  const unknown = reasons["unknown"] ?? 0
  const asksService = hasLocator(geo, "service")
  if (!hasLocator(geo, "instant")) return asksService ? ["Addresses: the service is not asked in a dry run."] : []
  return [
    asksService
      ? `Addresses: ${formatNumber(located)} located, ${formatNumber(unlocatable - unknown)} without a place, ${formatNumber(unknown)} left to the service`
      : `Addresses: ${formatNumber(located)} located, ${formatNumber(unlocatable)} without a place`,
  ]
}

const formatSample = ({ users }: Seen): ReadonlyArray<string> =>
  users.length === 0
    ? []
    : [users.length === 1 ? "The first user:" : `The first ${users.length} users:`, ...users.flatMap(formatUser)]

/** The text that `etl run --dry-run` prints on stdout. Passwords are not shown. */
export const formatDryRun = (
  summary: RunSummary,
  seen: Seen,
  { geo, maxRejects }: Pick<RunFlags, "geo" | "maxRejects">,
): string => {
  const rate = Math.round((summary.totals.read / Math.max(summary.milliseconds, 1)) * 1000)
  const failed = summary.files.flatMap(formatFailure)
  const isGood = failed.length === 0 && !summary.stopped
  return [
    "Dry run: only the log is written, and no database is read: files that are already",
    "loaded are read too.",
    ...formatCounts(summary),
    ...formatPlaces(summary, geo),
    ...formatRejects(summary, seen),
    ...formatBadValues(summary, seen),
    ...formatSample(seen),
    ...failed,
    ...(summary.stopped
      ? [
          `Stopped, as a run would: more records are rejected than --max-rejects ${RejectLimit.format(maxRejects)}`,
          "allows. To read all, use --max-rejects 100%.",
        ]
      : []),
    `${formatDuration(summary.milliseconds)}, ${formatNumber(rate)} records/s.${isGood ? " To load, run the same command without --dry-run." : ""}`,
  ]
    .map(printable)
    .join("\n")
}
