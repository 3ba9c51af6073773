// A flag whose value is a whole number within bounds.

import { Option } from "effect"
import { Flag } from "effect/cli"
import type { Limited } from "./documented.ts"

/** A whole number from `minimum` to `maximum`; help and usage errors name both. */
export const boundedInt = (name: string, minimum: number, maximum: number): Limited<number> =>
  Object.assign(
    Flag.String(name).pipe(
      Flag.filterMap(
        (text) => {
          const number = /^\d{1,15}$/.test(text) ? Number(text) : -1
          return number >= minimum && number <= maximum ? Option.some(number) : Option.none()
        },
        () => `a whole number from ${minimum} to ${maximum}`,
      ),
      Flag.withMetavar("N"),
    ),
    { allowed: `${minimum} to ${maximum}` },
  )
