// `etl worker`: loads files of runs that are handed over, together with other workers, until it is interrupted.

import { isIP } from "node:net"
import { Duration } from "effect"
import { Command, Flag } from "effect/cli"
import { boundedInt } from "../flags/boundedInt.ts"
import { databaseChecks, databaseFlags, databaseGroup } from "../flags/databaseFlags.ts"
import { optional, toggle, withDefault } from "../flags/documented.ts"
import { duration, geoFlags, locatorChecks, locatorGroup } from "../flags/locatorFlags.ts"
import { loadFlags } from "../flags/runFlags.ts"
import { lazyCommand } from "../lazyCommand.ts"
import { workerSourceFlags } from "../sources.ts"
import { withUsage } from "../usage/CommandUsage.ts"
import { workerExitCodes } from "../usage/exitCodes.ts"

const ownFlags = {
  host: withDefault(
    Flag.String("host").pipe(
      Flag.filter(
        (text) => /^[\w.:-]+$/.test(text) && !["0.0.0.0", "::"].includes(text),
        () =>
          "a host name or an address that other workers can connect to (to listen on all addresses: --listen 0.0.0.0)",
      ),
      Flag.withMetavar("HOST"),
    ),
    "127.0.0.1",
    "Name or address at which the other workers reach this one",
  ),
  port: withDefault(
    boundedInt("port", 1, 65_534),
    34_431,
    "Port for the other workers; the next port answers GET /healthz",
  ),
  listen: optional(
    Flag.String("listen").pipe(
      Flag.filter(
        (text) => isIP(text) !== 0,
        () => "an address of this machine such as 10.0.0.7, or 0.0.0.0 for all of them",
      ),
      Flag.withMetavar("ADDRESS"),
    ),
    "Address to listen on if --host is not an address of this machine (NAT, Kubernetes)",
    { unset: "that of --host" },
  ),
  ...workerSourceFlags,
  concurrency: loadFlags.concurrency,
  stallTimeout: withDefault(
    duration("stall-timeout").pipe(
      Flag.filter(
        (timeout) => Duration.toSeconds(timeout) > 0,
        () => "a duration of a second or more",
      ),
    ),
    Duration.minutes(10),
    "Release the work and stop (exit 6) when nothing is committed for this long",
    () => "10m",
  ),
}

const output = { quiet: toggle("quiet", "Print only warnings and errors", "q") }

const workerFlags = { ...ownFlags, ...geoFlags, ...output, ...databaseFlags }
export type WorkerFlags = Command.Command.Config.Infer<typeof workerFlags>

export const worker = lazyCommand("worker", workerFlags, () => import("../handlers/worker.ts")).pipe(
  Command.withDescription(
    "Load the runs that etl run --cluster hands over, together with other workers of the same PostgreSQL server (14 or newer), and locate addresses, until it is interrupted.",
  ),
  Command.withShortDescription("Load runs together with other workers (etl run --cluster)"),
  Command.withExamples([
    { command: "etl worker", description: "The first one on this machine" },
    { command: "etl worker --port 34433", description: "Another one on this machine" },
    { command: "etl worker --host 10.0.0.7 --geo mmdb,ip-api", description: "One of several machines" },
  ]),
  withUsage({
    config: workerFlags,
    groups: [
      { title: "Worker", flags: ownFlags },
      { title: "Places", flags: geoFlags, note: locatorGroup.note ?? "" },
      { title: "Output", flags: output },
      databaseGroup,
    ],
    checks: [...locatorChecks, ...databaseChecks],
    exitCodes: workerExitCodes,
    notes: [
      "Workers and clients use TLS 1.3 with a key from the database: anyone who can read the database can connect to the workers. /healthz requires no password.",
    ],
  }),
)
