// A variable of the environment as `etl check` shows it.

/** `show`: the value to print, without secrets. */
export interface Variable {
  readonly name: string
  readonly show: (value: string) => string
}

export const variable = (name: string, show: Variable["show"] = (value) => value): Variable => ({ name, show })

/** Replaces a secret. */
export const hidden = "***"

export const hide = (): string => hidden

/** A URL without the parts that may be secret. */
export const publicUrl = (text: string): string => {
  if (!URL.canParse(text)) return hidden
  const { origin, pathname } = new URL(text)
  return `${origin}${pathname}`
}
