// IP addresses that a test writes as text.

import { Result } from "effect"
import { type Address, parseAddress } from "../../src/domain/Address.ts"

/** Throws where the text is not an address. */
export const ip = (text: string): Address => Result.getOrThrow(parseAddress(text))

export const ips = (...texts: ReadonlyArray<string>): ReadonlyArray<Address> => texts.map(ip)
