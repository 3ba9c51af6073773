// The answers that need no service: by rule, from local data.

import { Effect, Result } from "effect"
import * as Address from "../../domain/Address.ts"
import { Answer, type Answers } from "../../domain/Location.ts"
import { embeddedIpv4 } from "../../domain/textAddress.ts"
import type { Locator } from "./Locator.ts"

type Sources = Pick<Locator, "instant" | "service">

/** The answers that need no service. */
export interface AtOnce {
  /** Addresses of special ranges: unlocatable for every locator. */
  readonly byRule: Answers
  /** The answers of `instant`; without a `service` also the addresses that it does not know. */
  readonly local: Answers
  /** The addresses left for the `service`. */
  readonly open: ReadonlyArray<Address.Address>
}

/** The address that is asked for: of 6to4 and NAT64 the one inside. */
const askedFor = (address: Address.Address): Address.Address => embeddedIpv4(address) ?? address

/** Answers distinct addresses as far as no network is needed. */
export const answerAtOnce = Effect.fnUntraced(function* (
  { instant, service }: Sources,
  addresses: Iterable<Address.Address>,
) {
  const byRule = new Map<Address.Address, Answer>()
  const asked = new Map<Address.Address, Address.Address>()
  for (const address of addresses) {
    const inside = askedFor(address)
    const range = Address.specialRange(inside)
    if (range === undefined) asked.set(address, inside)
    else byRule.set(address, Answer.unlocatable(range))
  }
  const answers: Answers =
    instant === undefined || asked.size === 0 ? new Map() : yield* instant([...new Set(asked.values())])
  const local = new Map<Address.Address, Answer>()
  const open: Array<Address.Address> = []
  for (const [address, inside] of asked) {
    const answer = answers.get(inside) ?? Answer.notNow
    if (answer._tag !== "NotNow") local.set(address, answer)
    else if (service === undefined) local.set(address, Answer.unlocatable("unknown"))
    else open.push(address)
  }
  return { byRule, local, open } satisfies AtOnce
})

/** The same by the texts that were given. */
export interface TextsAtOnce<Text extends string> {
  /** Those of special ranges, and texts that are no address. */
  readonly byRule: ReadonlyMap<Text, Answer>
  readonly local: ReadonlyMap<Text, Answer>
  /** The texts left for the `service`, and the addresses that they mean: several may mean one. */
  readonly open: ReadonlyMap<Text, Address.Address>
}

const notAnAddress = Answer.unlocatable("not an address")

/** Parses texts, and answers them as far as no network is needed. */
export const answerTexts = Effect.fnUntraced(function* <Text extends string>(sources: Sources, texts: Iterable<Text>) {
  const byRule = new Map<Text, Answer>()
  const local = new Map<Text, Answer>()
  const open = new Map<Text, Address.Address>()
  const parsed = new Map<Text, Address.Address>()
  for (const text of texts) {
    const address = Address.parse(text)
    if (Result.isSuccess(address)) parsed.set(text, askedFor(address.success))
    else byRule.set(text, notAnAddress)
  }
  const atOnce = yield* answerAtOnce(sources, new Set(parsed.values()))
  for (const [text, address] of parsed) {
    const rule = atOnce.byRule.get(address)
    const known = atOnce.local.get(address)
    if (rule !== undefined) byRule.set(text, rule)
    else if (known !== undefined) local.set(text, known)
    else open.set(text, address)
  }
  return { byRule, local, open } satisfies TextsAtOnce<Text>
})
