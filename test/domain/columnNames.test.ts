import { assert, describe, it } from "@effect/vitest"
import { claimOf, mayBeSecret } from "../../src/domain/columnNames.ts"
import { fieldColumns } from "../../src/domain/fileColumns.ts"

const columnsOf = (names: ReadonlyArray<string>): ReadonlyArray<string | null> =>
  names.map((name) => claimOf(name)?.column ?? null)

describe("the column that a header's name means", () => {
  it("may be followed by a remark in brackets", () => {
    assert.deepStrictEqual(claimOf("Created (UTC)"), { column: "created_at", rank: 3 })
    assert.deepStrictEqual(claimOf("Mail [work] (main)"), { column: "email", rank: 3 })
    assert.isUndefined(claimOf("(UTC)"))
  })

  it("is its own, whatever the case, the accents, the punctuation and the blanks", () => {
    for (const column of fieldColumns) {
      assert.deepStrictEqual(claimOf(column), { column, rank: 0 })
      for (const name of [column.toUpperCase(), column.replaceAll("_", " "), ` ${column.replaceAll("_", "-")}.`]) {
        assert.strictEqual(claimOf(name)?.column, column)
        assert.isBelow(claimOf(name)!.rank, 2)
      }
    }
  })

  it("is known of the names that programs write", () => {
    assert.deepStrictEqual(columnsOf(["mail", "E-mail Address", "user_email", "Correo electrónico", "Courriel"]), [
      "email",
      "email",
      "email",
      "email",
      "email",
    ])
    assert.deepStrictEqual(
      columnsOf(["Given Name", "firstname", "forename", "Vorname", "Prénom", "Nombre"]),
      Array.from({ length: 6 }, () => "first_name"),
    )
    assert.deepStrictEqual(
      columnsOf(["surname", "lastName", "Family name", "Nachname", "Nom", "Apellidos"]),
      Array.from({ length: 6 }, () => "last_name"),
    )
    assert.deepStrictEqual(
      columnsOf([
        "signup_date",
        "registered",
        "Created on",
        "Date joined",
        "Angelegt am",
        "Date d’inscription",
        "Créé le",
      ]),
      Array.from({ length: 7 }, () => "created_at"),
    )
    assert.deepStrictEqual(
      columnsOf(["updated", "Last modified", "Geändert am", "GEAENDERT AM", "Zuletzt geändert", "Modifié le"]),
      Array.from({ length: 6 }, () => "updated_at"),
    )
    assert.deepStrictEqual(columnsOf(["Last login IP", "ip", "IP-Adresse", "Dirección IP"]), [
      "ip_address",
      "ip_address",
      "ip_address",
      "ip_address",
    ])
    assert.deepStrictEqual(columnsOf(["active", "enabled", "state", "Statut", "Estado", "Account status"]), [
      "status",
      "status",
      "status",
      "status",
      "status",
      "status",
    ])
    assert.deepStrictEqual(columnsOf(["user_id", "Customer ID", "uuid", "Kundennummer"]), [
      "source_id",
      "source_id",
      "source_id",
      "source_id",
    ])
    assert.deepStrictEqual(columnsOf(["passwordHash", "Contraseña", "Mot de passe", "Passwort"]), [
      "password",
      "password",
      "password",
      "password",
    ])
    assert.deepStrictEqual(columnsOf(["sex", "Geschlecht", "Género"]), ["gender", "gender", "gender"])
  })

  it("is none of other names, such as one of a whole name", () => {
    const names = ["Name", "Full name", "Display name", "", "Phone", "last_login", "User name", "constructor"]
    assert.deepStrictEqual(
      columnsOf(names),
      Array.from(names, () => null),
    )
  })

  it("is hidden where it may be a secret, known or not", () => {
    for (const name of ["password", "Mot de passe", "pwd", "api_token", "Password salt", "pw-hash", "client secret"]) {
      assert.isTrue(mayBeSecret(name), name)
    }
    for (const name of [
      "Wachtwoord",
      "パスワード",
      "пароль",
      "hasło",
      "Senha",
      "auth",
      "2FA secret",
      "otp_seed",
      "JWT",
    ]) {
      assert.isTrue(mayBeSecret(name), name)
    }
    for (const name of ["Passcode", "PIN", "userPin", "OTP", "otp_code", "credential", "credentials", "pw", "userpass"])
      assert.isTrue(mayBeSecret(name), name)
    for (const name of ["DbPass", "salt", "passwordSalt", "user_salt", "usersalt", "pwhash", "Hash"])
      assert.isTrue(mayBeSecret(name), name)
    for (const name of ["compass", "Saltillo", "Bypass", "Salt Lake", "Basalt", "Hashtag", "Company", "Opinion"])
      assert.isFalse(mayBeSecret(name), name)
    for (const name of ["email", "Passenger", "Name", "Author", "Keyword", "Shipping", "Pinned", "Hotphone"])
      assert.isFalse(mayBeSecret(name), name)
  })
})
