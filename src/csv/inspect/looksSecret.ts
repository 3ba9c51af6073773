// Whether a text is written as passwords and keys are, whatever the name of its field.

const forms: ReadonlyArray<RegExp> = [
  // Hashes: crypt(3) and its kin, Django, LDAP.
  /^\$(?:[156]|2[abxy]?|7|y|P|H|apr1|argon2\w*|scrypt|pbkdf2[\w-]*|bcrypt[\w-]*)\$/,
  /^(?:pbkdf2|bcrypt|argon2|scrypt)\w*\$/,
  /^\{(?:S?SHA\d*|S?MD5|CRYPT|BCRYPT|ARGON2|PBKDF2)[\w-]*\}/i,
  // JSON Web Tokens, and what precedes a token.
  /^eyJ[\w-]+\.[\w-]+/,
  /^(?:Bearer|Basic)\s+\S+$/i,
  // Keys of well-known services.
  /^(?:[srp]k_(?:live|test)|gh[opsur]|github_pat|glpat|xox[a-z]|sk)[_-]\w{8,}/,
  /^(?:AKIA|ASIA)[A-Z0-9]{16}$/,
  /^AIza[\w-]{30,}$/,
  /-----BEGIN [A-Z ]*PRIVATE KEY-----/,
]

export const looksSecret = (text: string): boolean => {
  const beginning = text.slice(0, 1_000).trim()
  return forms.some((form) => form.test(beginning))
}
