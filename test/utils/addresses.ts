import { Result } from "effect"
import { type Address, parseAddress } from "../../src/domain/Address.ts"

/** An address that a test writes. */
export const ip = (text: string): Address => Result.getOrThrow(parseAddress(text))

export const ips = (...texts: ReadonlyArray<string>): ReadonlyArray<Address> => texts.map(ip)
