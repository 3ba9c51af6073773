// SQL conditions on permits, which several statements share.

/** The time after which the request of a permit can no longer reach the service. */
export const over = (permit: string): string =>
  `coalesce(${permit}.answered_at, ${permit}.granted_at + ${permit}.lasts)`

/** Whether a permit counts in a window that long. `now` is a name in the statement. */
export const counts = (permit: string, window: string): string => `${over(permit)} + ${window} > now`

/** Whether the service's report with a permit still holds. `now` is a name in the statement. */
export const holds = (report: string): string => `${report}.answered_at + ${report}.resets_in > now`
