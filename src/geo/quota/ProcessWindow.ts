// The window of one process: which of its requests count now, and what the service's responses say is left.

import type { Allowance } from "./Permits.ts"

/** The right to send one request. */
export interface Permit {
  readonly grantedAt: number
}

/** What the service accepts until its window ends. It may not have counted requests under way: assume it has not. */
interface Limit {
  remaining: number
  resetsAt: number
}

/** Ends of the service's windows that are no further apart are one end, reported twice. */
const maxSameWindow = 2_000

export interface WindowOptions {
  readonly limit: number
  readonly windowMillis: number
  readonly requestTimeoutMillis: number
}

/**
 * Counts without waiting: at most `limit` permits count at any time. A permit counts while its request is under way and
 * for a window after its response, or after the latest time at which it could have been answered. The service receives
 * a request between grant and answer, so it sees at most `limit` of them in any window. Times are milliseconds of one
 * monotonic clock.
 */
export const make = ({ limit, requestTimeoutMillis, windowMillis }: WindowOptions) => {
  const underWay = new Set<Permit>()
  /** When permits of ended requests count no more, in order; those before `forgotten` do not count. */
  let countedUntil: Array<number> = []
  let forgotten = 0
  let limits: Array<Limit> = []
  /** When the service rejected a request as too many; undefined again once it answers one that was granted later. */
  let refusedAt: number | undefined

  const forget = (now: number) => {
    while (countedUntil[forgotten]! <= now) forgotten++
    // Now and then: a quota may count very many.
    if (forgotten > countedUntil.length / 2) {
      countedUntil = countedUntil.slice(forgotten)
      forgotten = 0
    }
    limits = limits.filter((limit) => limit.resetsAt > now)
  }

  /** Most ends come in order. */
  const countUntil = (end: number) => {
    let place = countedUntil.length
    while (place > forgotten && countedUntil[place - 1]! > end) place--
    countedUntil.splice(place, 0, end)
  }

  const sameWindow = Math.min(maxSameWindow, windowMillis / 2)

  const spendUnseen = () => {
    for (const limit of limits) limit.remaining -= 1
  }

  /** When a permit without a response stops counting: its request may reach the service until the timeout. */
  const endWithoutResponse = (permit: Permit, now: number) =>
    Math.max(now, permit.grantedAt + requestTimeoutMillis) + windowMillis

  /** When the first of the permits that count counts no more. */
  const firstEnd = (now: number): number => {
    let first = countedUntil[forgotten] ?? Infinity
    for (const permit of underWay) first = Math.min(first, endWithoutResponse(permit, now))
    return first
  }

  return {
    /** How long to wait, in milliseconds, if no response comes before: 0 when a permit can be granted now. */
    delay: (now: number): number => {
      forget(now)
      const full = underWay.size + countedUntil.length - forgotten >= limit
      const own = full ? firstEnd(now) : now
      const exhausted = limits.filter((limit) => limit.remaining - underWay.size <= 0)
      // After a rejection one request is sent alone, and the others wait for its answer.
      const isTrial = refusedAt !== undefined && underWay.size > 0
      const trial = isTrial ? now + requestTimeoutMillis : now
      return Math.max(own, trial, ...exhausted.map((limit) => limit.resetsAt)) - now
    },

    grant: (now: number): Permit => {
      const permit = { grantedAt: now }
      underWay.add(permit)
      return permit
    },

    /** Frees a permit with which nothing was sent. */
    giveBack: (permit: Permit): void => {
      underWay.delete(permit)
    },

    answered: (permit: Permit, now: number, allowance: Allowance | undefined): void => {
      if (!underWay.delete(permit)) return
      if (refusedAt !== undefined && permit.grantedAt >= refusedAt) refusedAt = undefined
      forget(now)
      countUntil(now + windowMillis)
      if (allowance === undefined) return spendUnseen()
      const resetsAt = now + allowance.resetsInMillis
      const known = limits.find((limit) => Math.abs(limit.resetsAt - resetsAt) <= sameWindow)
      if (known === undefined) {
        limits.push({ remaining: allowance.remaining, resetsAt })
      } else {
        known.remaining = Math.min(known.remaining, allowance.remaining)
        known.resetsAt = Math.max(known.resetsAt, resetsAt)
      }
    },

    /** The service rejected a request as too many. Call it after `answered`. */
    refused: (now: number): void => {
      refusedAt = now
    },

    /** The permit's request ended, without a response. */
    ended: (permit: Permit, now: number): void => {
      if (!underWay.delete(permit)) return
      countUntil(endWithoutResponse(permit, now))
      spendUnseen()
    },
  }
}
