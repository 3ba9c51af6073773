import { assert, describe, it } from "@effect/vitest"
import { advise } from "../../../src/cli/advice.ts"
import { DatabaseConfigError, DatabaseError, type DatabaseOrigins } from "../../../src/domain/DatabaseError.ts"
import { noRuns, NotFound } from "../../../src/repo/NotFound.ts"
import { runInCluster } from "../../../src/repo/RunInClusterError.ts"

const ours: DatabaseOrigins = {
  url: "DATABASE_URL",
  host: "DB_HOST",
  port: "DB_PORT",
  username: "DB_USER",
  password: "DB_PASS",
}

type Fields = Partial<Pick<DatabaseError, "operation" | "reason" | "setting" | "origins">>

const databaseError = (fields: Fields) =>
  new DatabaseError({ operation: "connect", message: "Why.", retryable: false, ...fields })

const configError = (setting: DatabaseConfigError["setting"], origins?: DatabaseOrigins) =>
  new DatabaseConfigError({ setting, reason: "invalid", message: "Why.", ...(origins && { origins }) })

const cases: ReadonlyArray<readonly [object, string | undefined]> = [
  [databaseError({ reason: "refused", setting: "host", origins: ours }), "Set DB_HOST and DB_PORT."],
  [databaseError({ reason: "refused", setting: "host", origins: {} }), "Set host and port in --database-url."],
  [
    databaseError({ reason: "refused", setting: "host", origins: { host: "PGHOST", port: "DATABASE_URL" } }),
    "Set PGHOST and port in DATABASE_URL.",
  ],
  [databaseError({ reason: "noUser", setting: "username", origins: {} }), "Set user in --database-url."],
  [databaseError({ reason: "wrongPassword", setting: "password", origins: ours }), "Set DB_PASS."],
  [
    databaseError({
      reason: "wrongPassword",
      setting: "password",
      origins: { ...ours, password: "/home/ada/.pgpass" },
    }),
    "Set password in /home/ada/.pgpass.",
  ],
  [databaseError({ reason: "noDatabase", setting: "database", origins: ours }), undefined],
  [databaseError({ reason: "starting", origins: ours }), undefined],
  [databaseError({ operation: "query" }), undefined],
  [databaseError({ operation: "query", reason: "stopped" }), "Run the same command again."],
  [databaseError({ operation: "open", reason: "inUse", setting: "directory" }), "Name one with --embedded DIR."],
  [
    databaseError({ operation: "open", reason: "serverData", setting: "directory" }),
    "Name the server with --database-url URL, or a folder with --embedded DIR.",
  ],
  [configError("port", ours), "Set DB_PORT."],
  [configError("url", ours), "Set DATABASE_URL."],
  [configError("url", {}), "Set --database-url."],
  [configError("connectTimeout", {}), "Set connect_timeout in --database-url."],
  [configError("port"), undefined],
  [new NotFound({ what: "run", message: "Why." }), undefined],
  [noRuns(), "Run etl --source DIR, with the same database flags."],
  [runInCluster(7, "/data"), "Run: etl follow 7, or: etl cancel 7."],
]

describe("the command's advice about a database", () => {
  it.each(cases)("for %o is %s", (error, advice) => assert.strictEqual(advise(error), advice))
})
