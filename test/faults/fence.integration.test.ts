import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import { randomUUID } from "node:crypto"
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { makeDatabase } from "../utils/etl.ts"
import { temporaryDirectory } from "../utils/postgres.ts"
import { runEtl } from "./etlProcess.ts"
import { makeWorker } from "./workerProcess.ts"

/** Ten times what a quiet machine takes. */
const timeout = 1_200_000

const records = 16_000

/** Keeps who has moved a checkpoint. Of one lane the rows are numbered as they are committed: its row is locked. */
const watchMoves = [
  "create table moves (number bigint generated always as identity, worker text default session_user, fence integer)",
  `create function keep_move() returns trigger language plpgsql as
    $$ begin insert into moves (fence) values (new.fence); return null; end $$`,
  `create trigger keep_move after update on etl_checkpoints for each row when (old.byte_offset <> new.byte_offset)
    execute function keep_move()`,
]

const until = <E, R>(condition: Effect.Effect<boolean, E, R>) =>
  Effect.repeat(Effect.delay(condition, "50 millis"), { until: (holds) => holds })

/** Two workers whose sessions can be told apart, a file, and the command that hands it over. */
const makeSetting = Effect.fnUntraced(function* (points: { readonly first: string; readonly second?: string }) {
  const { env, query } = yield* makeDatabase
  const cwd = yield* temporaryDirectory
  writeFileSync(join(cwd, "mapping.json"), JSON.stringify({ email: "email", n: "source_id" }))
  const rows = Array.from({ length: records }, (_, row) => `user${row}@example.com,${row}\n`)
  writeFileSync(join(cwd, "users.csv"), `email,n\n${rows.join("")}`)
  assert.strictEqual((yield* runEtl({ args: ["init"], cwd, env })).code, 0)
  yield* Effect.forEach(watchMoves, (statement) => query(statement))
  const flags = ["--geo", "none", "--concurrency", "1"]
  const makeRole = Effect.fnUntraced(function* (name: string, at: string | undefined) {
    const role = `${name}_${randomUUID().replaceAll("-", "")}`
    yield* query(`create role ${role} login superuser password '${env["DB_PASS"]}'`)
    const worker = yield* makeWorker({ env: { ...env, DB_USER: role, KILL_WITH: "SIGSTOP" }, flags, at })
    // Since it took the file first: once it is back, it may be given the work again, and takes it anew.
    const moves = Effect.map(
      query<{ count: number; first: number; last: number }>(
        "select count(*)::int as count, min(number)::int as first, max(number)::int as last from moves where worker = $1 and fence = (select min(fence) from moves where worker = $1)",
        [role],
      ),
      ([row]) => row!,
    )
    // A slow machine may take the work away from the second too: it goes on under another fence.
    const moved = Effect.map(
      query<{ count: number }>("select count(*)::int as count from moves where worker = $1", [role]),
      ([row]) => row!.count,
    )
    return { ...worker, moves, moved }
  })
  const run = runEtl({
    args: ["run", "--source", "users.csv", "--mapping", "mapping.json", "--cluster", "--chunksize", "20", "--json"],
    cwd,
    env,
    patienceMillis: timeout,
  })
  const first = yield* makeRole("first", points.first)
  const second = yield* makeRole("second", points.second)
  yield* first.start
  const running = yield* Effect.forkChild(run)
  yield* until(Effect.sync(first.isStopped))
  const before = yield* first.moves
  assert.isAbove(before.count, 0)
  yield* second.start

  // It tries to write, unless the engine finds first that others may have its work, and interrupts it.
  const givenUp = /The checkpoint of file \d+ has moved: another process loads it|The worker has lost its locks/
  const firstGivesUp = until(Effect.sync(() => givenUp.test(first.log())))

  /** The first has given up, and the run ends well. */
  const end = Effect.gen(function* () {
    yield* firstGivesUp
    const { code, output } = yield* Fiber.join(running)
    assert.strictEqual(code, 0, output)
    assert.deepStrictEqual(yield* query("select count(*)::int as users from users"), [{ users: records }])
    const stale = "select * from moves m where fence < (select max(fence) from moves e where e.number < m.number)"
    assert.deepStrictEqual(yield* query(stale), [])
  })
  return { first, second, before, firstGivesUp, end }
})

const betweenChunks = "etl_require:300:before"
const inCommit = "etl_require:300:sent+20"
const whenTaken = "update etl_checkpoints set fence:1:sent+200"

// Most of the time nothing happens but that a lock expires.
describe.concurrent("a worker that was stopped, and whose work was given away", () => {
  for (const [where, point] of [
    ["between two chunks", betweenChunks],
    // The server goes on with it.
    ["in the middle of a commit", inCommit],
  ] as const) {
    it.live(
      `writes nothing of a part any more once another one writes of it: stopped ${where}`,
      () =>
        Effect.gen(function* () {
          const { first, second, before, end } = yield* makeSetting({ first: point })
          yield* until(Effect.map(second.moved, (count) => count >= 160)).pipe(
            Effect.timeoutOrElse({
              duration: timeout / 2,
              orElse: () => Effect.die(new Error(`The second worker does not go on.\n${first.log()}\n${second.log()}`)),
            }),
          )
          assert.deepStrictEqual(yield* first.moves, before)
          yield* first.goOn
          yield* end
          assert.isBelow((yield* first.moves).last, (yield* second.moves).first)
        }).pipe(Effect.scoped),
      { timeout },
    )
  }

  it.live(
    "writes nothing of a part once another one has taken it, and not yet written",
    () =>
      Effect.gen(function* () {
        const { first, second, before, firstGivesUp, end } = yield* makeSetting({
          first: betweenChunks,
          second: whenTaken,
        })
        yield* until(Effect.sync(second.isStopped))
        yield* first.goOn
        yield* firstGivesUp
        assert.strictEqual((yield* second.moves).count, 0)
        yield* second.goOn
        yield* end
        assert.deepStrictEqual(yield* first.moves, before)
      }).pipe(Effect.scoped),
    { timeout },
  )
})
