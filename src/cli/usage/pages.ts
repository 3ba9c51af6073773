// The pages of documentation that `etl help PAGE` prints.

import { Effect, FileSystem } from "effect"
import { fileURLToPath } from "node:url"

/** The name of each page in `src/docs`, and what it is about. */
export const pages = {
  "own-files": "From a CSV file of your own to rows: inspect, check, load",
  files: "What a file may look like, S3, pipes",
  values: "What is read in each column, and as what",
  "bad-rows": "Rejects: listed, corrected, loaded again",
  mapping: "Which header fills which column, and how it is read",
  places: "Locators, their quota and licences, .mmdb files",
  databases: "Embedded or server, TLS, roles, an old users table",
  operations: "Exit codes, resuming, logs, schedules, metrics, alerts",
  cluster: "More than one machine",
  performance: "What a load takes, and what to set",
  security: "What is trusted, who gets which data",
  tables: "Each table and column, and queries",
  library: "The pipeline and its pieces in Effect programs",
  testing: "Fakes, and suites for services of your own",
  migrating: "From the Python program, flag by flag",
} as const

export type Page = keyof typeof pages

export const pageNames = Object.keys(pages) as ReadonlyArray<Page>

export const isPage = (name: string): name is Page => Object.hasOwn(pages, name)

/** The text of a page. */
export const readPage = (name: Page) =>
  Effect.flatMap(FileSystem.FileSystem, (fs) =>
    fs.readFileString(fileURLToPath(import.meta.resolve(`#docs/${name}.md`))),
  )
