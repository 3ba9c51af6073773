// The rows of `npm run bench`, and what is asked of each: a new one is an entry here.

import * as Inputs from "./inputs.ts"
import type { Load, Row } from "./Row.ts"

const users: Load = { input: Inputs.users, chunkSize: 10_000 }

/** What two runs of the same program may differ by. */
const noWorse = 1.05

const count = (chunkSize: number): string => chunkSize.toLocaleString("en-US")

const large = (chunkSize: number): Row => ({
  name: `large-${chunkSize}`,
  work: `10,000,000 new users, chunk ${count(chunkSize)}`,
  load: { input: Inputs.tenfold, chunkSize },
  against: "psql",
  goals: { ratio: 0.95, processorSeconds: 6 },
  // It takes minutes.
  pairs: 1,
})

/** As the page on performance advises for tens of millions of users. */
const fewCheckpoints: Row = {
  ...large(10_000),
  name: "large-16GB",
  work: "10,000,000 new users, max_wal_size 16 GB, chunk 10,000",
  maxWalSize: "16GB",
}

/** After each checkpoint a page is logged in full when it is first written to: what a large load meets, with fewer users. */
const checkpoints = (chunkSize: number): Row => ({
  name: `checkpoints-${chunkSize}`,
  work: `1,000,000 new users, max_wal_size 128 MB, chunk ${count(chunkSize)}`,
  load: { input: Inputs.users, chunkSize },
  against: "psql",
  goals: { ratio: 0.95 },
  maxWalSize: "128MB",
})

const memory = (chunkSize: number): Row => ({
  name: `memory-${chunkSize}`,
  work: `1,000,000 new users, 90% of the records plain, chunk ${count(chunkSize)}`,
  load: { input: Inputs.mostlyPlain, chunkSize },
  goals: { memory: 200 },
  pairs: 3,
})

export const rows: ReadonlyArray<Row> = [
  {
    name: "new-10000",
    work: "1,000,000 new users, chunk 10,000",
    load: users,
    against: "psql",
    goals: { ratio: 0.7, processorSeconds: 6 },
  },
  {
    name: "new-1000",
    work: "1,000,000 new users, chunk 1,000",
    load: { ...users, chunkSize: 1_000 },
    against: "psql",
    goals: { ratio: 0.85 },
  },
  {
    name: "mmdb",
    work: "1,000,000 new users, --geo mmdb",
    load: { ...users, geo: "mmdb" },
    against: "psql",
    goals: { ratio: 1 },
  },
  {
    name: "locate",
    work: "1,000,000 users without a place, etl locate --geo mmdb",
    load: { ...users, stored: Inputs.users, geo: "mmdb", isLocating: true },
    goals: { seconds: 30 },
    pairs: 3,
  },
  {
    name: "again",
    work: "the same file again, --force",
    load: { ...users, stored: Inputs.users, flags: ["--force"] },
    against: "psql",
    goals: { ratio: 0.25 },
  },
  {
    name: "changed",
    work: "a new version, 5% of the users changed",
    load: { ...users, input: Inputs.changed, stored: Inputs.users },
    against: "psql",
    goals: { ratio: 0.4 },
  },
  ...[1_000, 10_000, 100_000].map(large),
  fewCheckpoints,
  ...[1_000, 10_000, 100_000].map(checkpoints),
  {
    name: "quoted",
    work: "each record with a quoted field that has a comma; to new-10000 of ours",
    load: { ...users, input: Inputs.quoted },
    against: users,
    goals: { ratio: 1.1 },
  },
  {
    name: "slow",
    work: "each record with a doubled quote; to the baseline",
    load: { ...users, input: Inputs.slow },
    against: "baseline",
    goals: { ratio: noWorse },
  },
  ...[1_000, 10_000, 100_000].map(memory),
  {
    name: "wide",
    work: "250,000 new users, 10 of 60 columns mapped; to the baseline",
    load: { ...users, input: Inputs.wide },
    against: "baseline",
    goals: { ratio: noWorse },
  },
  {
    name: "start",
    work: "one file of 1,000 records; to the baseline",
    load: { input: Inputs.few },
    against: "baseline",
    goals: { ratio: noWorse },
    pairs: 11,
  },
  {
    name: "nothing",
    work: "one file that is loaded already",
    load: { input: Inputs.few, stored: Inputs.few },
    goals: { seconds: 1 },
  },
  {
    name: "half-bad",
    work: "half of the records bad; to new-10000 of ours",
    load: { ...users, input: Inputs.halfBad, flags: ["--max-rejects", "100%"], codes: [3] },
    against: users,
    goals: { ratio: 1.2 },
  },
  {
    name: "small-files",
    work: "10,000 files of 10 records",
    load: { ...users, input: Inputs.smallFiles },
    goals: { recordsPerSecond: 10_000 },
    pairs: 1,
  },
  {
    name: "bucket-files",
    work: "2,000 files of 10 records from S3, 20 ms a request",
    load: { ...users, input: Inputs.bucketFiles, isInBucket: true },
    goals: { recordsPerSecond: 2_000 },
    pairs: 1,
  },
  {
    name: "embedded",
    work: "1,000,000 new users into the embedded database",
    load: { ...users, isEmbedded: true },
    goals: { recordsPerSecond: 40_000 },
    pairs: 1,
  },
]
