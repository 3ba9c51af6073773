// The column `extra` of `users`: texts by name, which have no column of their own.

/**
 * The value of the column with these texts: their JSON, or null where no text is left. Empty texts are left out, and
 * names are in one order, so that equal texts are equal values. It takes any text: `User.make` then throws an `Error`
 * where the value has more than 65,536 bytes, a NUL character or half of a surrogate pair; its `cause` is the issue.
 *
 * @example
 * ```ts
 * import { Extra, User } from "user-activity-etl"
 *
 * const extra = Extra.make({ phone: "030 123", fax: "" }) // {"phone":"030 123"}
 * const ada = User.make({ email: "ada@example.com", extra })
 * ```
 */
export const make = (texts: Readonly<Record<string, string | null | undefined>>): string | null => {
  // Written by hand: an object has names such as "7" before all others.
  const members = Object.keys(texts)
    .sort()
    .flatMap((name) => {
      const text = texts[name] ?? ""
      return text === "" ? [] : `${JSON.stringify(name)}:${JSON.stringify(text)}`
    })
  return members.length === 0 ? null : `{${members.join(",")}}`
}

/**
 * The texts of the column by their names; none for null. Throws a `SyntaxError` where the text is no JSON; the
 * value of a user always is an object of texts.
 *
 * @example
 * ```ts
 * import { Extra, type User } from "user-activity-etl"
 *
 * const phoneOf = ({ extra }: User): string | undefined => Extra.toObject(extra)["phone"]
 * ```
 */
export const toObject = (extra: string | null): Readonly<Record<string, string>> =>
  extra === null ? {} : JSON.parse(extra)
