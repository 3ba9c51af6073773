// The upsert of some users: its tables, and its parameters.

import type { LastVersions } from "../../domain/rows/LastVersions.ts"
import { textNumber } from "../../domain/rows/layout.ts"
import { countAddresses, type RowPlaces } from "../../domain/rows/RowPlaces.ts"
import { rowText } from "../../domain/rows/rowValues.ts"
import { integers, texts } from "../arrays.ts"
import type { Parameters } from "../Parameters.ts"
import type { ColumnArrays } from "./ColumnArrays.ts"
import { type UpsertOptions, upsertUsers } from "./upsertUsers.ts"
import { userArrays } from "./userArrays.ts"

/** Rows in one statement: its arrays are copied before they are sent. A chunk of the default size is one statement. */
export const maxRows = 10_000

/** `mayBeStored`: the indexes of the versions whose e-mails are looked up; undefined: all are. */
interface Options extends Pick<UpsertOptions, "isAhead" | "isGuarded"> {
  readonly mayBeStored?: ReadonlyArray<number> | undefined
}

/** See `upsertUsers`. Adds its parameters; `arrays`: how they are made for the client. */
export const upsertOf = (
  parameters: Parameters,
  arrays: ColumnArrays,
  versions: LastVersions,
  places: RowPlaces,
  { mayBeStored, ...options }: Options,
): string => {
  const { numbers, rows } = versions
  const add = (value: unknown) => parameters.add(value)
  const { extra, users } = userArrays(arrays, versions)
  return upsertUsers({
    ...options,
    parameters: {
      users: users.map(add),
      extra: extra && add(extra),
      places: countAddresses(places) === 0 ? undefined : arrays.places(versions, places).map(add),
      lookedUp: mayBeStored && {
        emails: add(texts(mayBeStored.map((place) => rowText(rows, numbers[place]!, textNumber.email)))),
        numbers: add(integers(mayBeStored.map((place) => place + 1))),
      },
    },
  })
}
