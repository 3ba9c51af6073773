// The upsert of some users: its text, and its parameters.

import type { Address } from "../../domain/Address.ts"
import type { Location } from "../../domain/Location.ts"
import type { LastVersions } from "../../domain/rows/LastVersions.ts"
import { textNumber } from "../../domain/rows/layout.ts"
import type { UserShare } from "../../repo/UserRepo.ts"
import { integers, texts } from "../arrays.ts"
import { placeArrays } from "../locations/placeColumns.ts"
import type { ColumnArrays } from "./ColumnArrays.ts"
import { type UpsertOptions, upsertUsers } from "./upsertUsers.ts"
import { hasExtra, userArrays } from "./userArrays.ts"
import { rowAddress, rowText } from "../../domain/rows/rowValues.ts"

/** Rows in one statement: its arrays are copied before they are sent. A chunk of the default size is one statement. */
export const maxRows = 10_000

interface Upsert {
  /** See `upsertUsers`. */
  readonly tables: string
  /** From `$2` on. */
  readonly parameters: ReadonlyArray<unknown>
}

const placeOf = (address: Address | null, places: UserShare["places"]): Location | undefined =>
  address === null ? undefined : places.get(address)

/** `mayBeStored`: the indexes of the versions whose e-mails are looked up. */
interface Options extends Pick<UpsertOptions, "isAhead" | "isGuarded"> {
  readonly mayBeStored?: ReadonlyArray<number> | undefined
}

/** `arrays`: how they are made for the client. */
export const upsertOf = (
  arrays: ColumnArrays,
  versions: LastVersions,
  places: UserShare["places"],
  { mayBeStored, ...options }: Options,
): Upsert => {
  const { numbers, rows } = versions
  const hasPlaces = places.size > 0
  return {
    tables: upsertUsers({ ...options, hasExtra: hasExtra(versions), hasPlaces, knowsNew: mayBeStored !== undefined }),
    parameters: [
      ...userArrays(arrays, versions),
      ...(hasPlaces ? placeArrays(Array.from(numbers, (row) => placeOf(rowAddress(rows, row), places))) : []),
      ...(mayBeStored === undefined
        ? []
        : [
            texts(mayBeStored.map((place) => rowText(rows, numbers[place]!, textNumber.email))),
            integers(mayBeStored.map((place) => place + 1)),
          ]),
    ],
  }
}
