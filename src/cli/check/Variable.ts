// A variable of the environment as `etl check` shows it.

/** `show`: its value, as far as it may be seen. */
export interface Variable {
  readonly name: string
  readonly show: (value: string) => string
}

export const variable = (name: string, show: Variable["show"] = (value) => value): Variable => ({ name, show })

/** What stands in the place of a secret. */
export const hidden = "***"

export const hide = (): string => hidden

/** A URL without what may be secret in it. */
export const publicUrl = (text: string): string => {
  if (!URL.canParse(text)) return hidden
  const { origin, pathname } = new URL(text)
  return `${origin}${pathname}`
}
