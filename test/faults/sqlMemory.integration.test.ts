import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { etl, makeDatabase } from "../utils/etl.ts"
import { measureEtl } from "../utils/measureEtl.ts"

const users = `insert into users (first_name, last_name, email, ip_address, created_at, password, status, latitude, longitude,
    country, region, city, timezone, isp_name, updated, migrated_at, file_id, byte_offset)
  select 'First' || i, 'Last' || i, 'user' || i || '@example.com', '10.1.2.3', '2020-01-01', md5(i::text), true, i / 7.0, 2.25,
    'United States', 'California', 'Los Angeles', 'America/Los_Angeles', 'Comcast Cable', false, now(), 1, i
  from generate_series(1, 150000) i`

const wide = Array.from({ length: 12 }, (_, column) => `repeat('é', 70000) as c${column}`).join(", ")

/** Rows of which the first thousand are short. */
const late = Array.from(
  { length: 6 },
  (_, column) => `repeat('é', case when i > 1200 then 65536 else 1 end)::varchar as c${column}`,
).join(", ")
const statements = [
  "select * from users",
  `select ${wide} from generate_series(1, 100)`,
  `select ${late} from generate_series(1, 1400) i`,
]

describe("etl sql", () => {
  it.live(
    "prints 150,000 users, and rows of the longest cells, in less than 300 MB",
    () =>
      Effect.gen(function* () {
        const { env, query } = yield* makeDatabase
        assert.strictEqual((yield* etl(["init"], env)).code, 0)
        yield* query(users)
        for (const statement of statements) {
          for (const format of [[], ["--json"], ["--csv"]]) {
            const { code, mebibytes, stderr } = yield* measureEtl(["sql", statement, ...format], env, (stdout) =>
              stdout.resume(),
            )
            assert.strictEqual(code, 0, stderr)
            assert.isBelow(mebibytes, 300, `${statement} ${format.join()}`)
          }
        }
      }).pipe(Effect.scoped),
    { timeout: 600_000 },
  )
})
