// Values of a file as an inspection shows them: short, without what cannot be printed, and without e-mails.

import { Predicate } from "effect"
import { mayBeSecret } from "../../domain/columnNames.ts"
import { formatNumber } from "../../text/format.ts"
import { longestShown, printable } from "../header.ts"
import type { TextAt } from "./FieldFacts.ts"
import type { ValueAt } from "./findings.ts"

const firstOf = (text: string): string => String.fromCodePoint(text.codePointAt(0)!)

/** The name of a mailbox: of an address it is what a person is known by. */
const mailbox = /(?:"[^"@]*"|[^\s<>"'(),:;@]+)(?=@|%40)/giu

const withoutMailboxes = (text: string): string => text.replaceAll(mailbox, (name) => `${firstOf(name)}...`)

/** What is said of each of several things in a text: JSON, the parts of an address of the web, or what a person writes. */
const keyed = /([\p{L}_][\p{L}\p{N}_.-]*)["']?\s*[:=]/gu

const hasSecret = (text: string): boolean => [...text.matchAll(keyed)].some(([, key]) => mayBeSecret(key!))

/** The names in a JSON object; undefined: it is none. */
const keysOf = (text: string): ReadonlyArray<string> | undefined => {
  try {
    const value: unknown = JSON.parse(text)
    return Predicate.isObject(value) ? Object.keys(value) : undefined
  } catch {
    return undefined
  }
}

/** What is shown instead of a secret. */
export const hidden = "***"

/** A text of which something may be a secret: of JSON its names. */
const withoutSecret = (text: string): string => {
  const keys = keysOf(text)
  return keys === undefined ? hidden : withoutMailboxes(`{${keys.join(", ")}}`)
}

/** Much more is never shown, however much of it is escaped. */
const mostRead = 1_000

export const shownText = (text: string): string => {
  const beginning = text.slice(0, mostRead)
  return printable(hasSecret(beginning) ? withoutSecret(text) : withoutMailboxes(beginning), longestShown)
}

/** A text that is, or should be, an e-mail: its domain, or how long it is. */
export const shownEmail = (text: string): string => {
  const trimmed = text.trim()
  if (trimmed === "") return ""
  const at = trimmed.lastIndexOf("@")
  const length = trimmed.length > longestShown ? `over ${longestShown}` : formatNumber([...trimmed].length)
  const rest = at === -1 ? `... (${length} characters)` : `...${trimmed.slice(at)}`
  return printable(`${at === 0 ? "" : firstOf(trimmed)}${rest}`, longestShown)
}

export const shownAt = ({ line, text }: TextAt): ValueAt => ({ value: shownText(text), line })
