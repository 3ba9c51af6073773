// Words of a command that a person can paste into a shell.

/** A word of a command line as a POSIX shell takes it. */
export const quote = (word: string): string =>
  /^[\w./:,=@%+-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`

/** A flag with its value, after a space: a value such as `--` would be taken for another flag. */
export const flag = (name: string, value: string): string =>
  ` --${name}${value.startsWith("-") ? "=" : " "}${quote(value)}`
