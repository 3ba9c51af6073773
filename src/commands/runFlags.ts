import { availableParallelism } from "node:os"
import { type Command, Flag } from "effect/cli"
import { laneCount } from "../domain/Lane.ts"
import * as RejectLimit from "../domain/RejectLimit.ts"
import { defaults } from "../PipelineOptions.ts"
import { databaseFlags } from "./databaseFlags.ts"
import { locatorFlags } from "./locatorFlags.ts"
import { outputFlags } from "./outputFlags.ts"
import { wholeNumber } from "./wholeNumber.ts"

const isDelimiter = (text: string): boolean => text.length === 1 && /[\t\x20-\x7e]/.test(text) && text !== '"'

/** More than one keeps the server busy while this process works; more than both have processors for only take turns. */
const concurrency = Math.min(Math.max(availableParallelism(), 2), 8)

export const runFlags = {
  source: Flag.String("source").pipe(
    Flag.withDescription("Directory with .csv and .csv.gz files, one file, or with --aws a key prefix (required)"),
  ),
  chunksize: wholeNumber("chunksize", 1, 100_000).pipe(
    Flag.withDescription("Records that are committed together (each connection: its own), 1 to 100000 (1000)"),
    Flag.withDefault(defaults.chunkSize),
  ),
  concurrency: wholeNumber("concurrency", 1, laneCount).pipe(
    Flag.withDescription(`Connections that write at once, 1 to ${laneCount} (here ${concurrency})`),
    Flag.withDefault(concurrency),
  ),
  maxRecordSize: wholeNumber("max-record-size", 1024, 8_388_608).pipe(
    Flag.withDescription("Bytes of a record, 1024 to 8388608 (1048576); longer ones are rejected"),
    Flag.withDefault(defaults.maxRecordSize),
  ),
  delimiter: Flag.String("delimiter").pipe(
    Flag.map((text) => (text === "\\t" ? "\t" : text)),
    Flag.filter(isDelimiter, () => "Expected: one printable ASCII character or a tab, not a double quote"),
    Flag.withDescription("Character between fields (,); \\t is a tab"),
    Flag.withDefault(defaults.delimiter),
  ),
  mapping: Flag.String("mapping").pipe(
    Flag.withDescription("JSON file: header name in the files -> column of users (./column_mappings.json)"),
    Flag.withMetavar("FILE"),
    Flag.withDefault("./column_mappings.json"),
  ),
  aws: Flag.Boolean("aws").pipe(
    Flag.withDescription("Read from S3: --source is a key prefix of --bucket"),
    Flag.withDefault(false),
  ),
  bucket: Flag.String("bucket").pipe(Flag.withDescription("S3 bucket, with --aws"), Flag.optional),
  region: Flag.String("region").pipe(
    Flag.withDescription("Region of the bucket, with --aws (AWS_REGION, else us-east-1)"),
    Flag.optional,
  ),
  endpoint: Flag.String("endpoint").pipe(
    Flag.filter(
      (text) => URL.canParse(text) && /^https?:$/.test(new URL(text).protocol),
      (text) => `Expected: a URL such as http://localhost:9000, got ${JSON.stringify(text)}`,
    ),
    Flag.withDescription("URL of an S3-compatible store, with --aws"),
    Flag.withMetavar("URL"),
    Flag.optional,
  ),
  sign: Flag.Boolean("sign").pipe(
    Flag.withDescription("Sign requests with the AWS credentials found; without it they are anonymous"),
    Flag.withDefault(false),
  ),
  ...locatorFlags,
  force: Flag.Boolean("force").pipe(
    Flag.withDescription("Load files that are loaded already"),
    Flag.withDefault(false),
  ),
  dryRun: Flag.Boolean("dry-run").pipe(
    Flag.withDescription("Read and check everything, write nothing, and show what would be loaded"),
    Flag.withDefault(false),
  ),
  maxRejects: Flag.String("max-rejects").pipe(
    Flag.filterMap(
      RejectLimit.parse,
      (text) => `Expected: a whole number of records, or a percentage such as 10% or 0.5%, got ${JSON.stringify(text)}`,
    ),
    Flag.withDescription(
      "Stop when more records of the run are rejected: N, or N% of those read once they are 1000 (10%)",
    ),
    Flag.withMetavar("N|N%"),
    Flag.withDefault(defaults.maxRejects),
  ),
  ...outputFlags,
  ...databaseFlags,
}

export type RunFlags = Command.Command.Config.Infer<typeof runFlags>
