import { Effect, type Scope } from "effect"
import { spawnSync } from "node:child_process"
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { basename, dirname, join } from "node:path"
import { DatabaseError } from "../domain/DatabaseError.ts"

/** A process that wants or has the folder. The start tells it from a later process of the same number. */
interface Claim {
  readonly pid: number
  readonly start: string
}

const linux = existsSync("/proc/self/stat")

/** Tells a process from one before a restart of the machine, or nothing where the kernel does not say. */
const bootId = (): string => {
  try {
    return readFileSync("/proc/sys/kernel/random/boot_id", "utf8").slice(0, 8)
  } catch {
    return "boot"
  }
}

/** When a process started, in a form that fits a file name; undefined when it is not running. */
const startOf = (pid: number): string | undefined => {
  if (linux) {
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, "utf8")
      const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ")
      return fields[0] === "Z" ? undefined : `${bootId()}.${fields[19]}`
    } catch {
      return undefined
    }
  }
  const env = { ...process.env, LC_ALL: "C", TZ: "UTC" }
  const ps = spawnSync("ps", ["-o", "lstart=", "-p", String(pid)], { encoding: "utf8", env })
  if (ps.error === undefined) return ps.stdout.trim().replace(/\W+/g, "-") || undefined
  try {
    process.kill(pid, 0)
    return "0"
  } catch {
    return undefined
  }
}

const same = (a: Claim, b: Claim): boolean => a.pid === b.pid && a.start === b.start

/** An order that all processes agree on. Which comes first does not matter. */
const precedes = (a: Claim, b: Claim): boolean => (a.start === b.start ? a.pid < b.pid : a.start < b.start)

const fileOf = (folder: string, claim: Claim): string => `${folder}.lock-${claim.pid}-${claim.start}`

/** Claims of running processes. The files of dead ones are removed: their names are theirs alone, so nobody else loses one. */
const liveClaims = (folder: string): Array<Claim> => {
  const prefix = `${basename(folder)}.lock-`
  const live: Array<Claim> = []
  for (const name of readdirSync(dirname(folder))) {
    const match = name.startsWith(prefix) ? /^(\d+)-([\w.-]+)$/.exec(name.slice(prefix.length)) : null
    if (match === null) continue
    const claim = { pid: Number(match[1]), start: match[2]! }
    if (startOf(claim.pid) === claim.start) live.push(claim)
    else rmSync(join(dirname(folder), name), { force: true })
  }
  return live
}

const inUse = (folder: string, pid: number): DatabaseError =>
  new DatabaseError({
    operation: "open",
    message:
      `The embedded database in ${folder} is in use by ${pid === process.pid ? "this process" : `process ${pid}`}. ` +
      "Wait until it has finished, or use another folder with --embedded DIR.",
    retryable: true,
  })

const unusable = (folder: string) => (cause: unknown) =>
  new DatabaseError({
    operation: "open",
    message:
      `Cannot write beside ${folder}: ${cause instanceof Error ? cause.message : String(cause)}. ` +
      "Use another folder with --embedded DIR, one whose parent you may write to.",
    retryable: false,
  })

const isHeld = (file: string): boolean => {
  try {
    return readFileSync(file, "utf8") === held
  } catch {
    return false
  }
}

/** What the file of a claim says once it has won. */
const held = "held"

/** How long a claim waits for others that were made in the same moment to be withdrawn. */
const patience = { every: "20 millis", times: 100 } as const

/** Waits until a claim has won, or fails because another has. */
const contend = Effect.fnUntraced(function* (folder: string, mine: Claim) {
  for (let attempt = 0; ; attempt++) {
    const others = yield* Effect.try({
      try: () => liveClaims(folder).filter((claim) => !same(claim, mine)),
      catch: unusable(folder),
    })
    const first = others.find((claim) => precedes(claim, mine) || isHeld(fileOf(folder, claim)))
    if (first !== undefined) return yield* inUse(folder, first.pid)
    if (others.length === 0) return
    if (attempt === patience.times) return yield* inUse(folder, others[0]!.pid)
    yield* Effect.sleep(patience.every)
  }
})

/**
 * Takes a folder (an absolute path, which need not exist, in a directory that does) for this process until the scope
 * closes. Fails when a running process has it. Two that ask at once never both get it: each puts its claim down before
 * it looks for others, the later in order gives way, and the first waits until it has. What a killed process left is
 * ignored. Processes that cannot see each other (two machines, two containers) are not kept apart.
 */
export const acquire = Effect.fn("FolderLock.acquire")(function* (
  folder: string,
): Effect.fn.Return<void, DatabaseError, Scope.Scope> {
  const mine: Claim = { pid: process.pid, start: startOf(process.pid) ?? "0" }
  const file = fileOf(folder, mine)
  const claim = Effect.try({
    try: () => writeFileSync(file, "", { flag: "wx", mode: 0o600 }),
    catch: (cause) =>
      cause instanceof Error && "code" in cause && cause.code === "EEXIST"
        ? inUse(folder, process.pid)
        : unusable(folder)(cause),
  })
  const hold = Effect.try({ try: () => writeFileSync(file, held), catch: unusable(folder) })
  const withdraw = Effect.sync(() => rmSync(file, { force: true }))
  const win = contend(folder, mine).pipe(
    Effect.andThen(hold),
    Effect.onError(() => withdraw),
  )
  yield* Effect.acquireRelease(Effect.andThen(claim, win), () => withdraw)
})
