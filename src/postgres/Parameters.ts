// The parameters of a statement that is put together from several parts.

/** In the order in which they are added. */
export class Parameters {
  readonly values: Array<unknown> = []

  /** Adds a value, and returns its name in SQL: `$1`, `$2` ... */
  add(value: unknown): string {
    return `$${this.values.push(value)}`
  }
}
