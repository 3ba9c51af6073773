// The columns of a place, in `ip_locations` and `users`.

import type { PgTypes } from "@effect/sql-pg"
import type { Location } from "../../domain/Location.ts"
import { placeTexts } from "../../domain/PlaceTable.ts"
import { doubles, texts } from "../arrays.ts"

export const placeColumns = ["latitude", "longitude", ...placeTexts] as const

type PlaceColumn = (typeof placeColumns)[number]

const isCoordinate = (column: PlaceColumn): column is "latitude" | "longitude" =>
  column === "latitude" || column === "longitude"

export const placeType = (column: PlaceColumn): "float8" | "text" => (isCoordinate(column) ? "float8" : "text")

/** Places as a table `t`. Parameters: the addresses, and `placeArrays`. */
export const placesTable = `unnest($1::text[], ${placeColumns
  .map((column, index) => `$${index + 2}::${placeType(column)}[]`)
  .join(", ")}) as t (address, ${placeColumns.join(", ")})`

/** An array parameter for each of the columns. */
export const placeArrays = (places: ReadonlyArray<Location | undefined>): ReadonlyArray<PgTypes.Parameter> =>
  placeColumns.map((column) =>
    isCoordinate(column)
      ? doubles(places.map((place) => place?.[column] ?? null))
      : texts(places.map((place) => place?.[column] ?? null)),
  )
