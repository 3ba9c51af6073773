// Data of reports: empty, small and full.

import type { ReportData } from "../../src/domain/ReportData.ts"
import type { RunRecord } from "../../src/domain/RunRecord.ts"
import { noRecords } from "../../src/domain/RunSummary.ts"

const noValues = { top: [], distinct: 0, users: 0 }

/** A database with empty tables. */
export const emptyReport: ReportData = {
  madeAt: new Date("2026-11-25T17:03:00Z"),
  database: "user_activity",
  users: { total: 0, located: 0, byService: 0, active: 0, inactive: 0 },
  countries: noValues,
  cities: noValues,
  isps: noValues,
  genders: noValues,
  bins: [],
  timeline: { unit: "day", spans: [], before: 0, after: 0, missing: 0 },
  columns: [],
  run: null,
  failed: { total: 0, files: [] },
  rejects: { kept: 0, distinct: 0, reasons: [] },
  runs: [],
  queue: { waiting: 0, claimed: 0, located: 0, unlocatable: [] },
}

const run: RunRecord = {
  runId: 3,
  force: false,
  source: "file:///data/user_activity",
  state: "finished",
  cluster: false,
  attempts: 1,
  startedAt: new Date("2026-11-25T17:00:00Z"),
  attemptedAt: new Date("2026-11-25T17:00:00Z"),
  endedAt: new Date("2026-11-25T17:00:01Z"),
  finishedAt: new Date("2026-11-25T17:00:01Z"),
  exitCode: 0,
  milliseconds: 1_040,
  stages: { extract: 12, transform: 220, locate: 301, load: 940 },
  totals: { ...noRecords, read: 1, inserted: 1 },
}

const place = { latitude: 47.14, longitude: 9.52 }

/** One user, in a country without a shape in the atlas. */
export const oneUser: ReportData = {
  ...emptyReport,
  users: { total: 1, located: 1, byService: 0, active: 1, inactive: 0 },
  countries: { top: [{ name: "Liechtenstein", users: 1, place }], distinct: 1, users: 1 },
  cities: { top: [{ name: "Vaduz", region: "Vaduz", country: "Liechtenstein", users: 1 }], distinct: 1, users: 1 },
  genders: { top: [{ name: "Female", users: 1 }], distinct: 1, users: 1 },
  bins: [{ ...place, users: 1 }],
  timeline: { ...emptyReport.timeline, spans: [{ start: "2026-11-24", users: 1 }] },
  columns: [{ column: "email", filled: 1, longest: 15, limit: 320, days: null }],
  run,
  runs: [run],
}

const names = ["United States", "Russia", "Côte d’Ivoire", "Hong Kong", "Kosovo", "Atlantis", "Türkiye", "Fiji"]
const long = "Llanfairpwllgwyngyllgogerychwyrndrobwllllantysiliogogogoch"

/** As much as possible of everything, with long names that cannot be wrapped. */
export const fullReport: ReportData = {
  ...oneUser,
  database: long,
  users: { total: 123_456_789, located: 120_000_000, byService: 60_000_000, active: 70_000_000, inactive: 50_000_000 },
  countries: {
    top: names.map((name, index) => ({ name, users: 10 ** (8 - index), place: { latitude: index, longitude: -170 } })),
    distinct: 900,
    users: 120_000_000,
  },
  cities: {
    top: Array.from({ length: 15 }, (_, index) => ({
      name: `${long}${index}`,
      region: long,
      country: names[index % names.length]!,
      users: 9_000_000 - index,
    })),
    distinct: 187_000,
    users: 119_000_000,
  },
  isps: {
    top: Array.from({ length: 15 }, (_, index) => ({ name: `${long} ${index}`, users: 9_000_000 - index })),
    distinct: 65_000,
    users: 60_000_000,
  },
  genders: {
    top: Array.from({ length: 15 }, (_, index) => ({ name: `gender ${index}`, users: 1_000_000 })),
    distinct: 40,
    users: 40_000_000,
  },
  bins: Array.from({ length: 600 }, (_, index) => ({
    latitude: (index % 140) - 60,
    longitude: ((index * 7) % 360) - 180,
    users: 600 - index,
  })),
  timeline: {
    unit: "month",
    spans: Array.from({ length: 150 }, (_, index) => ({
      start: new Date(Date.UTC(2014, index, 1)).toISOString().slice(0, 10),
      users: 1 + ((index * 7919) % 900_000),
    })),
    before: 3,
    after: 1,
    missing: 12,
  },
  columns: [
    { column: "email", filled: 123_456_789, longest: 320, limit: 320, days: null },
    {
      column: "created_at",
      filled: 123_456_000,
      longest: null,
      limit: null,
      days: { first: "0001-01-01", last: "9999-12-31" },
    },
    { column: "latitude", filled: 0, longest: null, limit: null, days: null },
  ],
  failed: {
    total: 1_234,
    files: Array.from({ length: 20 }, (_, index) => ({
      uri: `/data/${index}.csv`,
      error: `/${long}/${long}/${index}.csv is empty`,
    })),
  },
  rejects: {
    kept: 1_234_567,
    distinct: 77,
    reasons: Array.from({ length: 50 }, (_, index) => ({
      column: index % 3 === 0 ? null : "email",
      message: `is longer than ${index} characters`,
      records: 50 - index,
      example: { uri: `file:///data/${long}${long}.csv`, line: 123_456_789 },
    })),
  },
  runs: Array.from({ length: 20 }, (_, index) => ({
    ...run,
    runId: 20 - index,
    source: `s3://${long}/${long}/`,
    state: (["running", "finished", "unfinished"] as const)[index % 3]!,
    attempts: index + 1,
    exitCode: index % 4 === 0 ? null : index % 8,
    milliseconds: index === 7 ? null : 123_456_789,
    totals: {
      ...noRecords,
      read: 1_234_567_890,
      ...(index === 1 ? { rejected: 1_234_567_890 } : { inserted: 1_234_567_890 }),
    },
  })),
  queue: {
    waiting: 12_400,
    claimed: 100,
    located: 2_000_000,
    unlocatable: [
      { reason: "private", addresses: 2_000 },
      { reason: "unknown", addresses: 30 },
    ],
  },
}
