// How a record's text is read as an e-mail address.

import { Problem } from "./Problem.ts"

/** The rule of `<input type=email>` (https://html.spec.whatwg.org/#valid-e-mail-address), for lower case. */
const lowerCaseEmail =
  /^[a-z0-9.!#$%&'*+/=?^_`{|}~-]+@[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*$/
const anyCaseEmail = new RegExp(lowerCaseEmail, "i")

const maxLength = 320
const tooLong = `is longer than ${maxLength} characters`

const twoAddresses = "has two addresses in one field"

/** Invisible characters: two addresses that differ in them look like one. */
const invisible = /[\p{Cf}\p{Cc}\p{Default_Ignorable_Code_Point}]/u

const localCharacter = /[a-z0-9.!#$%&'*+/=?^_`{|}~-]/i
/** Letters, digits and marks of any script; the dots that IDNA takes for one. */
const domainCharacter = /[\p{L}\p{M}\p{N}.\u3002\uff0e\uff61-]/u
const dots = /[.\u3002\uff0e\uff61]/

const codeOf = (character: string): string =>
  `U+${character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, "0")}`

type Side = "before" | "after"

const kindOf = (character: string, side: Side): string => {
  if (invisible.test(character)) return "an invisible character"
  return /\p{Z}/u.test(character) ? "a space" : `which cannot stand ${side} the @`
}

const firstOther = (text: string, allowed: RegExp): string | undefined => {
  for (const character of text) if (!allowed.test(character)) return character
  return undefined
}

const hasCharacter = (character: string, side: Side): Problem =>
  new Problem(`has ${codeOf(character)}, ${kindOf(character, side)}`)

const ascii = /[\0-\x7f]/
const isAscii = (text: string): boolean => firstOther(text, ascii) === undefined

const invalid = "is not a valid e-mail address"

/** The ASCII form of an internationalized domain, as browsers have it. */
const punycodeOf = (domain: string): string | Problem => {
  const url = `http://${domain}`
  if (!URL.canParse(url)) return new Problem(invalid)
  const { hostname } = new URL(url)
  const labels = hostname.split(".")
  const written = domain.split(dots)
  if (labels.length !== written.length) return new Problem(invalid)
  // A look-alike of ASCII, such as a Kelvin sign, is not another spelling of it.
  const lookAlike = written.find((label, index) => !isAscii(label) && !labels[index]!.startsWith("xn--"))
  return lookAlike === undefined ? hostname : hasCharacter(firstOther(lookAlike, ascii)!, "after")
}

const readInternational = (local: string, domain: string): string | Problem => {
  const inLocal = firstOther(local, localCharacter)
  if (inLocal !== undefined) return hasCharacter(inLocal, "before")
  const inDomain = firstOther(domain, domainCharacter)
  if (inDomain !== undefined) return hasCharacter(inDomain, "after")
  const punycode = isAscii(domain) ? new Problem(invalid) : punycodeOf(domain)
  if (punycode instanceof Problem) return punycode
  const address = `${local}@${punycode}`.toLowerCase()
  if (!lowerCaseEmail.test(address)) return new Problem(invalid)
  return address.length > maxLength ? new Problem(tooLong) : address
}

const readAddress = (text: string): string | Problem => {
  if (text === "") return new Problem("is missing")
  if (text.length > maxLength) return new Problem(tooLong)
  // Lower case comes last: it turns a Kelvin sign into a k, and an invalid address into a valid one.
  if (anyCaseEmail.test(text)) return text.toLowerCase()
  const hidden = invisible.exec(text)
  if (hidden !== null) return hasCharacter(hidden[0], "before")
  const parts = text.split("@")
  if (parts.length > 2) return new Problem(/[\s,;|/]/.test(text) ? twoAddresses : "has more than one @")
  const [local, domain] = parts
  return domain === undefined || domain === "" || local === ""
    ? new Problem(invalid)
    : readInternational(local!, domain)
}

/** `Name <address>`, or the address in angle brackets alone. */
const named = /^([^<>]*)<([^<>]*)>$/
/** Two slashes are a mistake that has one meaning. */
const mailto = /^mailto:(?:\/\/)?([^?]*)(?:\?.*)?$/is

const decoded = (escaped: string): string | undefined => {
  try {
    return decodeURIComponent(escaped)
  } catch {
    return undefined
  }
}

/** Takes `mailto:` off, and the subject and others that may follow (RFC 6068). */
const readLink = (text: string): string | Problem => {
  const link = mailto.exec(text)
  if (link === null) return readAddress(text)
  const address = decoded(link[1]!)
  return address === undefined ? new Problem(invalid) : readAddress(address.trim())
}

/**
 * The e-mail address that a text is: trimmed, in lower case, an internationalized domain as punycode. `Name <address>`
 * and `mailto:` are taken apart.
 */
export const readEmail = (text: string): string | Problem => {
  // Most are canonical already: this test takes half the time of the rest.
  if (text.length <= maxLength && lowerCaseEmail.test(text)) return text
  const trimmed = text.trim()
  if (trimmed.length <= maxLength && anyCaseEmail.test(trimmed)) return trimmed.toLowerCase()
  const parts = named.exec(trimmed)
  if (parts === null) return readLink(trimmed)
  const [, name, inside] = parts
  const address = readLink(inside!.trim())
  if (address instanceof Problem || !name!.includes("@")) return address
  // Some programs give the address as the name too.
  const isSame = readAddress(name!.trim().replace(/^(["'])(.*)\1$/, "$2")) === address
  return isSame ? address : new Problem(twoAddresses)
}

/** Whether a text of a file is an e-mail address. */
export const isEmail = (text: string): boolean => typeof readEmail(text) === "string"
