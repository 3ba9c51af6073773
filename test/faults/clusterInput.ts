import { makeRandom, mix, type Random } from "../fixtures/Random.ts"

// Many files at once, of few users: what decides between their versions is mostly where they are in the input.

export interface ClusterInput {
  /** By their keys, in the order of those. */
  readonly files: ReadonlyMap<string, string>
  /** Records, those that are to be rejected among them. */
  readonly records: number
}

export const clusterMapping = JSON.stringify({
  email: "email",
  name: "first_name",
  note: "last_name",
  address: "ip_address",
  day: "updated_at",
})

const header = "email,name,note,address,day\n"

const names = ["Ada", '"Line\nbreak"', "Bo"]

const users = 12_000

/** So few addresses that a service answers them with two or three requests. */
const addresses = 150

/** One of the four versions of a user: their days are two at most, and some of them are equal. */
const record = (user: number, version: number, note: string): string => {
  const bits = mix(user, version)
  const address = bits % addresses
  return `user${user}@example.com,${names[bits % 3]},${note},8.8.${address}.1,2024-01-0${1 + ((bits >> 4) & 1)}\n`
}

const breakers = ["nobody,Ada,,,2024-01-01\n", "user1@example.com,Ada\n", 'user2@example.com,A"da,,,2024-01-01\n']

const makeFile = (random: Random, records: number, note: string): string => {
  let text = header
  // Versions of one day whose first is the last again, a few records apart.
  const again: Array<string> = []
  for (let count = 0; count < records; count++) {
    // Some users are in every file, and in the hands of several workers at once.
    const user = random.below(random.perMille(100) ? 100 : users)
    if (random.perMille(10)) text += breakers[random.below(breakers.length)]!
    else if (again.length > 0 && random.perMille(100)) text += again.shift()!
    else if (random.perMille(20)) {
      const first = `user${user}@example.com,First,${note},,2024-01-03\n`
      text += first
      again.push(`user${user}@example.com,Between,${note},,2024-01-03\n`, first)
    } else text += record(user, random.below(4), note)
  }
  return text
}

/** 60 files of 5,000 records, and among them one of 4 MB. */
export const makeClusterInput = (seed: number): ClusterInput => {
  const random = makeRandom(seed)
  const [small, large] = [5_000, 30_000]
  const files = new Map<string, string>()
  for (let number = 10; number < 70; number++) {
    files.set(`${number}.csv`, makeFile(random, small, ""))
    if (number === 30) files.set(`${number}-large.csv`, makeFile(random, large, "x".repeat(78)))
  }
  return { files, records: 60 * small + large }
}
