import { readFileSync } from "node:fs"
import { join } from "node:path"
import type { PostgresServer } from "../utils/postgres.ts"

// Of processes that go on, as Linux tells it: seconds, user and system.

const ticksPerSecond = 100

interface Taken {
  readonly own: number
  /** Of the children that have ended. */
  readonly ended: number
}

const takenBy = (pid: number): Taken => {
  // What comes before is the program's name, which may be anything.
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").at(-1)!.split(" ").map(Number)
  return { own: (fields[11]! + fields[12]!) / ticksPerSecond, ended: (fields[13]! + fields[14]!) / ticksPerSecond }
}

/** What a process has taken so far, with all of its threads. */
export const ofProcess = (pid: number): number => takenBy(pid).own

/** Nothing, where it has ended. */
const ofLiving = (pid: number): number => {
  try {
    return ofProcess(pid)
  } catch {
    return 0
  }
}

/** What all processes of a server have taken so far. */
export const ofServer = ({ dataDirectory }: PostgresServer): number => {
  const postmaster = Number(readFileSync(join(dataDirectory, "postmaster.pid"), "utf8").split("\n")[0])
  const children = readFileSync(`/proc/${postmaster}/task/${postmaster}/children`, "utf8").trim().split(" ")
  const living = children.reduce((sum, pid) => sum + ofLiving(Number(pid)), 0)
  // Afterwards: who has ended meanwhile is among those that have.
  const { ended, own } = takenBy(postmaster)
  return living + ended + own
}

/** The most memory that a process has held resident, in MiB. */
export const mostMemory = (pid: number): number =>
  Number(/^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))![1]) / 1024
