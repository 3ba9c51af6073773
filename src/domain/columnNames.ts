// Which column of `users` a header's name means: those that programs write in English, German, French and Spanish.

import { type FieldColumn, fieldColumns } from "./fileColumns.ts"

/** Each by the names of its headers; of a person's whole name there is no column. */
const names: Readonly<Record<FieldColumn, ReadonlyArray<string>>> = {
  source_id: [
    "id, uuid, guid, uid, user id, customer id, client id, member id, contact id, account id, external id",
    "user no, customer no, client no, member no, user number, customer number, client number, member number",
    "Kundennummer, Kunden-Nr, Kunden-ID, Mitgliedsnummer, Benutzer-ID",
    "Identifiant, Numéro client, ID client",
    "Identificador, Número de cliente, ID cliente, ID de cliente",
  ],
  first_name: [
    "first name, given name, forename, fname, first",
    "Vorname",
    "Prénom",
    "Nombre, Nombres, Primer nombre, Nombre de pila",
  ],
  last_name: [
    "last name, surname, family name, lname, last",
    "Nachname, Familienname, Zuname",
    "Nom, Nom de famille",
    "Apellido, Apellidos",
  ],
  email: [
    "email, mail, email address, mail address, email addr, email id, primary email, primary email address, login email",
    "E-Mail-Adresse, Mailadresse",
    "Courriel, Adresse e-mail, Adresse mail, Adresse courriel, Adresse électronique, Mél",
    "Correo, Correo electrónico, Dirección de correo, Dirección de correo electrónico",
  ],
  gender: ["gender, sex", "Geschlecht", "Sexe", "Sexo, Género"],
  ip_address: [
    "ip, ip address, ip addr, last ip, last ip address, last login ip, login ip, last sign in ip, current sign in ip, signup ip",
    "sign up ip, registration ip, optin ip, remote addr, remote address, client ip",
    "IP-Adresse, Letzte IP, Letzte IP-Adresse",
    "Adresse IP, Dernière IP, Dernière adresse IP",
    "Dirección IP, Última IP",
  ],
  created_at: [
    "created, created at, created on, created date, created time, created timestamp, creation date, creation time, create date",
    "create time, date created, signup, signup date, signup time, sign up date, signed up, signed up at, signed up on",
    "registered, registered at, registered on, registration date, register date, date registered, registration time",
    "joined, joined at, joined on, join date, date joined, member since, customer since, user since",
    "added, added at, added on, date added, optin time, subscribed at",
    "Angelegt, Angelegt am, Anlagedatum, Erstellt, Erstellt am, Erstellungsdatum, Registriert, Registriert am, Registrierung",
    "Registrierungsdatum, Anmeldedatum, Mitglied seit, Kunde seit",
    "Date d'inscription, Inscrit le, Inscription, Créé le, Date de création, Membre depuis, Client depuis",
    "Fecha de alta, Alta, Creado, Creado el, Fecha de creación, Fecha de registro, Registrado el, Miembro desde",
  ],
  updated_at: [
    "updated, updated at, updated on, updated date, update date, update time, last updated, last update, last updated at",
    "last update date, date updated, modified, modified at, modified on, modified date, modification date, date modified",
    "last modified, last modified at, last modified on, last modified date, changed, changed at, changed on, last changed",
    "Geändert, Geändert am, Zuletzt geändert, Zuletzt geändert am, Letzte Änderung, Änderungsdatum, Aktualisiert",
    "Aktualisiert am, Zuletzt aktualisiert",
    "Modifié le, Mis à jour le, Dernière modification, Dernière mise à jour, Date de modification, Date de mise à jour",
    "Actualizado, Actualizado el, Modificado, Modificado el, Última modificación, Última actualización",
    "Fecha de modificación, Fecha de actualización",
  ],
  password: [
    "password, password hash, hashed password, encrypted password, password digest, pass, passwd, pwd, pw hash",
    "Passwort, Passwort-Hash, Kennwort",
    "Mot de passe",
    "Contraseña, Clave",
  ],
  status: [
    "status, state, active, is active, enabled, is enabled",
    "Aktiv, Ist aktiv, Zustand",
    "Actif, Statut, État, Est actif",
    "Activo, Estado, Está activo, Habilitado",
  ],
}

/** What a name may begin with that says only whose it is. */
const owners = [
  "user",
  "customer",
  "account",
  "contact",
  "member",
  "client",
  "subscriber",
  "profile",
  "kunden",
  "benutzer",
]

/** A name without case, accents, punctuation and blanks; of ä and ae the same. */
const normalized = (name: string): string =>
  name
    .normalize("NFKD")
    .toLowerCase()
    .replaceAll("ß", "ss")
    .replaceAll(/[^\p{L}\p{N}]/gu, "")
    .replaceAll(/([aou])e/g, "$1")

const known = new Map(
  fieldColumns.flatMap((column) =>
    names[column].flatMap((list) => list.split(", ").map((name) => [normalized(name), column] as const)),
  ),
)
const own = new Map(fieldColumns.map((column) => [normalized(column), column] as const))

/** Of a header's name: its column, and how sure that is. */
export interface NameClaim {
  readonly column: FieldColumn
  /** 0: it is the column's name; 1: in another spelling; 2: another name for it; 3: one that begins with whose it is, or ends in brackets. */
  readonly rank: 0 | 1 | 2 | 3
}

const withoutOwner = (name: string): FieldColumn | undefined => {
  for (const owner of owners) {
    const column = name.startsWith(owner) ? known.get(name.slice(owner.length)) : undefined
    if (column !== undefined) return column
  }
  return undefined
}

/** What is said after a name in brackets: a zone, a unit. */
const remark = /[\s_]*(?:\([^()]*\)|\[[^[\]]*\])\s*$/

/** Undefined: the name means no column that is known. */
export const claimOf = (name: string): NameClaim | undefined => {
  const exact = fieldColumns.find((column) => column === name.trim())
  if (exact !== undefined) return { column: exact, rank: 0 }
  const key = normalized(name)
  const spelled = own.get(key)
  if (spelled !== undefined) return { column: spelled, rank: 1 }
  const other = known.get(key)
  if (other !== undefined) return { column: other, rank: 2 }
  const owned = withoutOwner(key)
  if (owned !== undefined) return { column: owned, rank: 3 }
  const bare = name.replace(remark, "")
  const claim = bare === name ? undefined : claimOf(bare)
  return claim && { column: claim.column, rank: 3 }
}

/** What the names of secrets have. */
const secretParts = [
  "passw, passphrase, passcode, pwd, secret, token, credential, jwt, cookie, otp seed, totp, bearer",
  "api key, private key, access key, secret key, signing key, encryption key, auth key, session id, session key",
  "recovery code, backup code, two factor, 2fa, mfa, pin code, security answer, cvv",
  "Kennwort, geheim, mot de passe, contraseña, senha, palavra-passe, wachtwoord, lösenord, adgangskode, salasana, hasło",
  "heslo, lozinka, jelszó, parolă, şifre, пароль, パスワード, 密码, 密碼, 비밀번호",
].flatMap((list) => list.split(", ").map(normalized))

/** Words that make a secret of any name, those that do alone, and those with which its words end. */
const secretWords = new Set(["pass", "pin", "otp", "pw", "hash", "hashed", "hashes"])
const secretNames = new Set(["auth", "authorization", "session", "key", "cvc"])
const secretEnd = /(?:pass|hash)$/
const secretLast = /salt$/
/** Words that only end so. */
const plainWords = new Set(["compass", "encompass", "bypass", "trespass", "overpass", "underpass", "surpass", "basalt"])

/** The words of a name, such as `userPin` or `user_pin`. */
const wordsOf = (name: string): ReadonlyArray<string> =>
  (name.match(/\p{Lu}+(?!\p{Ll})|\p{Lu}?[\p{Ll}\p{M}]+|\p{Lo}+|\p{N}+/gu) ?? [])
    .map((word) => word.toLowerCase())
    .filter((word) => !plainWords.has(word))

/** Whether a field of that name may hold what no one may see. */
export const mayBeSecret = (name: string): boolean => {
  const key = normalized(name)
  const words = wordsOf(name)
  return (
    claimOf(name)?.column === "password" ||
    secretNames.has(key) ||
    secretParts.some((part) => key.includes(part)) ||
    words.some((word) => secretWords.has(word) || secretEnd.test(word)) ||
    secretLast.test(words.at(-1) ?? "")
  )
}
