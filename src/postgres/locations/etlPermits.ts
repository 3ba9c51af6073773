/** When the request of a permit can no longer reach the service. */
export const over = (permit: string): string =>
  `coalesce(${permit}.answered_at, ${permit}.granted_at + ${permit}.lasts)`

/** What the service told with a permit still holds. `now` is in the statement. */
export const holds = (told: string): string => `${told}.answered_at + ${told}.resets_in > now`
