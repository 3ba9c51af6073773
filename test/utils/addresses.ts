// IP addresses that a test writes as text.

import { Result } from "effect"
import * as Address from "../../src/domain/Address.ts"

/** Throws where the text is not an address. */
export const ip = (text: string): Address.Address => Result.getOrThrow(Address.parse(text))

export const ips = (...texts: ReadonlyArray<string>): ReadonlyArray<Address.Address> => texts.map(ip)
