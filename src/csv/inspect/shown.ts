// Values of a file as an inspection shows them: short, without what cannot be printed, and without e-mails.

import { printable } from "../header.ts"
import type { TextAt } from "./FieldFacts.ts"
import type { ValueAt } from "./Inspection.ts"

const longestShown = 40

/** The name of a mailbox: of an address it is what a person is known by. */
const mailbox = /[^\s<>"'(),:;@]+(?=@)/gu

const masked = (text: string): string =>
  text.replaceAll(mailbox, (name) => `${String.fromCodePoint(name.codePointAt(0)!)}...`)

/** Much more is never shown, however much of it is escaped. */
export const shownText = (text: string): string => printable(masked(text.slice(0, 1_000)), longestShown)

export const shownAt = ({ line, text }: TextAt): ValueAt => ({ value: shownText(text), line })
