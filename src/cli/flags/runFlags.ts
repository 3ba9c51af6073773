import { availableParallelism } from "node:os"
import { Option } from "effect"
import { type Command, Flag } from "effect/cli"
import { laneCount } from "../../domain/Lane.ts"
import * as RejectLimit from "../../domain/RejectLimit.ts"
import { quote } from "../../text/shell.ts"
import { defaults } from "../../pipeline/PipelineOptions.ts"
import { hasLocator, locators } from "../locators.ts"
import { clusterChecks, clusterFlags, clusterGroup } from "./clusterFlags.ts"
import { type Check, check } from "../usage/CommandUsage.ts"
import { databaseChecks, databaseFlags, databaseGroup } from "./databaseFlags.ts"
import { type FlagGroup, optional, required, toggle, withDefault } from "./documented.ts"
import { locatorChecks, locatorFlags, locatorGroup } from "./locatorFlags.ts"
import { outputFlags, outputGroup } from "./outputFlags.ts"
import { file } from "./pathFlags.ts"
import { boundedInt } from "./boundedInt.ts"

const isDelimiter = (text: string): boolean => text.length === 1 && /[\t\x20-\x7e]/.test(text) && text !== '"'

/** More than one keeps the server busy while this process works; more than both have processors for only take turns. */
const concurrency = Math.min(Math.max(availableParallelism(), 2), 8)

const named = (name: string) => Flag.String(name).pipe(Flag.withMetavar("NAME"))

export const endpointUrl = Flag.String("endpoint").pipe(
  Flag.filter(
    (text) => URL.canParse(text) && /^https?:$/.test(new URL(text).protocol),
    () => "a URL such as http://localhost:9000",
  ),
  Flag.withMetavar("URL"),
)

export const sourceFlags = {
  source: required(
    Flag.String("source").pipe(Flag.withMetavar("PATH")),
    "Directory with .csv and .csv.gz files, one file, or with --aws a key prefix",
  ),
  aws: toggle("aws", "Read from S3: --source is a key prefix of --bucket"),
  bucket: optional(named("bucket"), "S3 bucket; --aws needs it"),
  region: optional(named("region"), "Region of the bucket, with --aws", {
    unset: "us-east-1",
    environment: ["AWS_REGION", "AWS_DEFAULT_REGION"],
  }),
  endpoint: optional(endpointUrl, "URL of an S3-compatible store, with --aws", { unset: "Amazon's" }),
  sign: toggle("sign", "Sign requests with the AWS credentials that are found; without it they are anonymous"),
}

export const loadFlags = {
  mapping: withDefault(
    file("mapping"),
    "./column_mappings.json",
    "JSON file: header name in the files -> column of users",
  ),
  delimiter: withDefault(
    Flag.String("delimiter").pipe(
      Flag.map((text) => (text === "\\t" ? "\t" : text)),
      Flag.filter(isDelimiter, () => "one printable ASCII character or a tab (\\t), not a double quote"),
      Flag.withMetavar("CHARACTER"),
    ),
    defaults.delimiter,
    "Character between fields, ASCII; \\t is a tab",
  ),
  chunksize: withDefault(
    boundedInt("chunksize", 1, 100_000),
    defaults.chunkSize,
    "Records that are committed together, each connection its own of them",
  ),
  concurrency: withDefault(
    boundedInt("concurrency", 1, laneCount),
    concurrency,
    "Connections that write at once",
    (here) => `processors, from 2 to 8; here ${here}`,
  ),
  maxRecordSize: withDefault(
    boundedInt("max-record-size", 1024, 8_388_608),
    defaults.maxRecordSize,
    "Bytes of a record; longer ones are rejected",
  ),
  maxRejects: withDefault(
    Flag.String("max-rejects").pipe(
      Flag.filterMap(RejectLimit.parse, () => "a whole number of records, or a percentage such as 10% or 0.5%"),
      Flag.withMetavar("N|N%"),
    ),
    defaults.maxRejects,
    "Stop (exit 4) when more records of the run are rejected: N, or N% of those read once they are 1000",
    RejectLimit.format,
  ),
  force: toggle("force", "Load files that are loaded already, with another mapping too"),
}

export const dryRun = toggle(
  "dry-run",
  "Read and check everything, write nothing but the log, and show what would be loaded",
)

export const runFlags = {
  ...sourceFlags,
  ...loadFlags,
  dryRun,
  ...clusterFlags,
  ...locatorFlags,
  ...outputFlags,
  ...databaseFlags,
}

export type RunFlags = Command.Command.Config.Infer<typeof runFlags>

export const credentialsNote =
  "Credentials are found as the AWS tools find them: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, AWS_PROFILE, a role of the machine."

export const runGroups: ReadonlyArray<FlagGroup> = [
  { title: "Source", flags: sourceFlags, note: credentialsNote },
  { title: "Loading", flags: { ...loadFlags, dryRun } },
  clusterGroup,
  locatorGroup,
  outputGroup,
  databaseGroup,
]

const runCheck = check<RunFlags>()

/** Says what a flag is for that nothing reads, as the others are. */
const isForS3 = (flag: string) => `--${flag} is for S3: add --aws, or leave it out.`

/** With --cluster the workers locate, and other rules tell so. */
const unlessInCluster = ({ keys, problem }: Check): Check => ({
  keys: [...keys, "cluster"],
  problem: (values) => (values["cluster"] === true ? undefined : problem(values)),
})

const services = locators
  .filter(({ kind }) => kind === "service")
  .map(({ name }) => name)
  .join(" or ")

export const runChecks = [
  runCheck(["source", "aws"], ({ aws, source }) => {
    const [, bucket, prefix] = /^s3:\/\/([^/]*)\/?(.*)$/is.exec(source) ?? []
    if (bucket !== undefined) {
      return `--source ${source} is an S3 URI: give --aws --bucket ${quote(bucket)} --source ${quote(prefix!)}.`
    }
    if (source === "-") return "--source -: standard input is not read: name a directory or a file."
    return source === "" && !aws ? "--source is empty: name a directory or a file." : undefined
  }),
  runCheck(["aws", "bucket"], ({ aws, bucket }) =>
    aws && Option.isNone(bucket) ? "--aws needs --bucket NAME." : undefined,
  ),
  runCheck(["aws", "bucket"], ({ aws, bucket }) => (!aws && Option.isSome(bucket) ? isForS3("bucket") : undefined)),
  runCheck(["aws", "region"], ({ aws, region }) => (!aws && Option.isSome(region) ? isForS3("region") : undefined)),
  runCheck(["aws", "endpoint"], ({ aws, endpoint }) =>
    !aws && Option.isSome(endpoint) ? isForS3("endpoint") : undefined,
  ),
  runCheck(["aws", "sign"], ({ aws, sign }) => (!aws && sign ? isForS3("sign") : undefined)),
  ...locatorChecks.map(unlessInCluster),
  runCheck(["geo", "locateFor"], ({ geo, locateFor }) =>
    Option.isSome(locateFor) && !hasLocator(geo, "service")
      ? `--locate-for is for --geo ${services}: with --geo ${geo.join(",")} a run waits for nobody.`
      : undefined,
  ),
  runCheck(["geo", "locationsMaxAge"], ({ geo, locationsMaxAge }) =>
    Option.isSome(locationsMaxAge) && !hasLocator(geo, "service")
      ? `--locations-max-age is for --geo ${services}: a run with --geo ${geo.join(",")} asks no service.`
      : undefined,
  ),
  ...clusterChecks,
  ...databaseChecks,
]
