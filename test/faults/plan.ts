import { makeRandom, type Random } from "../fixtures/Random.ts"
import type { Input } from "./input.ts"

export type Database = "server" | "embedded"

/** A kill at a point that `killAt.ts` knows, or after this share of the time that an undisturbed run takes. */
export type Kill = { readonly at: string } | { readonly share: number }

/** A load, and where it is killed: once, and perhaps again while it goes on. */
export interface Plan {
  readonly seed: number
  readonly database: Database
  /** The embedded database is built by the run itself. */
  readonly isNew: boolean
  readonly locates: boolean
  readonly chunkSize: number
  /** Connections that write at once. */
  readonly concurrency: number
  readonly kills: ReadonlyArray<Kill>
}

interface Point {
  readonly first: (random: Random, chunks: number, files: number) => Kill
  readonly isNew?: boolean
  readonly locates?: boolean
  /** Perhaps nothing is left to do: no point can be named for the next run. */
  readonly isLate?: boolean
}

const between = (random: Random, least: number, most: number): number =>
  least + random.below(Math.max(1, most - least + 1))

const pick = <A>(random: Random, items: ReadonlyArray<A>): A => items[random.below(items.length)]!

const anyInstant = (random: Random): Kill => ({ share: random.below(1000) / 1000 })

/** Half a dozen chunks are left after the point, so that points of the next runs can be reached. */
const inChunk =
  (text: string, when: string, milliseconds = 0) =>
  (random: Random, chunks: number): Kill => ({
    at: `${text}:${between(random, 3, chunks - 6)}:${when}${milliseconds === 0 ? "" : `+${random.below(milliseconds)}`}`,
  })

const atFile = (when: string) => (random: Random, _chunks: number, files: number) => ({
  at: `loaded_at = :${between(random, 1, files - 1)}:${when}`,
})

const inMigration = (when: string) => (random: Random) => ({
  at: `create table ${pick(random, ["users", "etl_runs", "etl_files", "etl_rejects", "ip_locations"])}:1:${when}`,
})

/** When addresses are claimed or given back, or when answers are written. */
const whileLocating = (random: Random) => ({
  at: `${pick(random, ["update ip_locations:1", "update ip_locations:3", "located_at = :1"])}:${pick(random, ["before", "sent+20", "after"])}`,
})

/** While the embedded database is built aside, which costs seconds, or when its entries are moved to their place. */
const inFirstStart = (random: Random) => ({
  at: pick(random, [
    `write:base:${between(random, 1, 900)}:before`,
    `rename:etl.built:${between(random, 1, 20)}:${pick(random, ["before", "sent"])}`,
  ]),
})

/** What commits a chunk whose addresses wait for no service: a statement of its own on a server. */
export const commitOn: Readonly<Record<Database, string>> = { server: "etl_require", embedded: "COMMIT" }

/** After a chunk was read. */
const inCommit = (text: string, more: Partial<Point> = {}): ReadonlyArray<Point> => [
  { first: inChunk(text, "before"), ...more },
  { first: inChunk(text, "sent", 20), ...more },
  { first: inChunk(text, "after"), ...more },
]

const common: ReadonlyArray<Point> = [
  // The other files may have been loaded meanwhile.
  { first: atFile("before"), isLate: true },
  { first: inMigration("before") },
  { first: whileLocating, locates: true, isLate: true },
  { first: anyInstant, isLate: true },
]

const points: Readonly<Record<Database, ReadonlyArray<Point>>> = {
  server: [
    ...inCommit(commitOn.server),
    ...inCommit("COMMIT", { locates: true, isLate: true }),
    ...common,
    { first: atFile("sent"), isLate: true },
    { first: inMigration("sent+5") },
    { first: inChunk("into users", "sent", 5) },
    { first: (random) => ({ at: `into etl_rejects:${between(random, 1, 4)}:before` }) },
    { first: (random) => ({ at: `finished_at = :1:${pick(random, ["before", "sent"])}` }), isLate: true },
    { first: anyInstant, locates: true, isLate: true },
  ],
  embedded: [
    { first: inChunk("BEGIN", "before") },
    ...inCommit(commitOn.embedded),
    ...common,
    // Its log, before a COMMIT is answered: not written, written, or a part of it.
    {
      first: (random) => ({ at: `write:pg_wal:${between(random, 3, 8)}:${pick(random, ["before", "sent", "half"])}` }),
    },
    {
      first: (random) => ({ at: `write:base:${between(random, 1, 100)}:${pick(random, ["before", "half"])}` }),
      isLate: true,
    },
    { first: inFirstStart, isNew: true },
  ],
}

/** Where a run that goes on is killed: few chunks may be left. */
const again = (random: Random, database: Database): Kill => {
  const texts = { server: [commitOn.server], embedded: ["BEGIN", "COMMIT", "COMMIT"] }[database]
  const text = pick(random, [...texts, "into users", undefined])
  if (text === undefined) return anyInstant(random)
  return {
    at: `${text}:${between(random, 1, database === "embedded" && text !== "into users" ? 4 : 2)}:${pick(random, ["before", "sent", "after"])}`,
  }
}

/** The plan of a seed. Three of five go to the server, which is quicker; consecutive ones go round the points of both. */
export const makePlan = (seed: number, input: Input): Plan => {
  const random = makeRandom(seed)
  const [round, place] = [Math.floor(seed / 5), seed % 5]
  const database = place < 3 ? "server" : "embedded"
  const turn = database === "server" ? round * 3 + place : round * 2 + place - 3
  const point = points[database][turn % points[database].length]!
  const chunkSize = between(random, 7, 50)
  const chunks = input.files.reduce((sum, { records }) => sum + Math.ceil(records.length / chunkSize), 0)
  const more = pick(random, [0, 0, 1, 2])
  const concurrency = pick(random, [1, 2, 3, 4, 16])
  let isLate = point.isLate ?? false
  const next = (): Kill => {
    const kill = isLate ? anyInstant(random) : again(random, database)
    // By then it may have come far.
    isLate ||= "share" in kill
    return kill
  }
  return {
    seed,
    database,
    isNew: point.isNew ?? false,
    locates: point.locates ?? false,
    chunkSize,
    concurrency,
    kills: [point.first(random, chunks, input.files.length), ...Array.from({ length: more }, next)],
  }
}

export const describePlan = ({ seed, database, isNew, locates, chunkSize, concurrency, kills }: Plan): string => {
  const places = kills.map((kill) => ("at" in kill ? kill.at : `after ${kill.share} of a run`))
  const kind = `${isNew ? "new " : ""}${database}${locates ? ", locating" : ""}, chunks of ${chunkSize} by ${concurrency}`
  return `seed ${seed} (${kind}): ${places.join(", then ")}`
}
