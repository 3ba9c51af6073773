import { Option } from "effect"
import { Flag } from "effect/cli"

/** A number within bounds, which its usage error names. */
export const wholeNumber = (name: string, minimum: number, maximum: number) =>
  Flag.String(name).pipe(
    Flag.filterMap(
      (text) => {
        const number = /^\d{1,15}$/.test(text) ? Number(text) : -1
        return number >= minimum && number <= maximum ? Option.some(number) : Option.none()
      },
      (text) => `Expected: a whole number from ${minimum} to ${maximum}, got ${JSON.stringify(text)}`,
    ),
    Flag.withMetavar("N"),
  )
