// X.509 certificates in a few lines of DER, so that TLS is tested on machines without openssl too.

import { generateKeyPairSync, type KeyObject, randomBytes, sign } from "node:crypto"

const der = (tag: number, ...parts: ReadonlyArray<Uint8Array>): Buffer => {
  const body = Buffer.concat(parts)
  const { length } = body
  const head = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff]
  return Buffer.concat([Buffer.from([tag, ...head]), body])
}

const sequence = (...parts: ReadonlyArray<Uint8Array>) => der(0x30, ...parts)

const oid = (dotted: string): Buffer => {
  const [first, second, ...rest] = dotted.split(".").map(Number) as [number, number, ...Array<number>]
  const base128 = (value: number): Array<number> => {
    const digits = [value & 0x7f]
    for (let left = value >> 7; left > 0; left >>= 7) digits.unshift((left & 0x7f) | 0x80)
    return digits
  }
  return der(0x06, Buffer.from([first * 40 + second, ...rest.flatMap(base128)]))
}

const utcTime = (date: Date) => der(0x17, Buffer.from(date.toISOString().replace(/^20|[-:T]|\.\d+/g, "")))

const name = (commonName: string) =>
  sequence(der(0x31, sequence(oid("2.5.4.3"), der(0x0c, Buffer.from(commonName, "utf8")))))

const ecdsaWithSha256 = sequence(oid("1.2.840.10045.4.3.2"))

const extension = (id: string, value: Uint8Array) => sequence(oid(id), der(0x04, value))

const pem = (bytes: Buffer): string =>
  `-----BEGIN CERTIFICATE-----\n${bytes.toString("base64").replace(/.{64}/g, "$&\n")}\n-----END CERTIFICATE-----\n`

const day = 86_400_000

const certificate = (options: {
  readonly subject: string
  readonly issuer: string
  readonly publicKey: KeyObject
  readonly signWith: KeyObject
  readonly extension: Buffer
}): string => {
  const toBeSigned = sequence(
    der(0xa0, der(0x02, Buffer.from([2]))),
    der(0x02, Buffer.concat([Buffer.from([1]), randomBytes(8)])),
    ecdsaWithSha256,
    name(options.issuer),
    sequence(utcTime(new Date(Date.now() - day)), utcTime(new Date(Date.now() + day))),
    name(options.subject),
    options.publicKey.export({ type: "spki", format: "der" }),
    der(0xa3, sequence(options.extension)),
  )
  const signature = sign("sha256", toBeSigned, options.signWith)
  return pem(sequence(toBeSigned, ecdsaWithSha256, der(0x03, Buffer.from([0]), signature)))
}

/** PEM texts: a private CA, and a server certificate for the host name that it signed. Valid for a day. */
export const makeCertificates = (host: string) => {
  const keyPair = () => generateKeyPairSync("ec", { namedCurve: "P-256" })
  const [ca, server] = [keyPair(), keyPair()]
  const isCa = extension("2.5.29.19", sequence(der(0x01, Buffer.from([0xff]))))
  const forHost = extension("2.5.29.17", sequence(der(0x82, Buffer.from(host, "ascii"))))
  const issuer = "Test CA"
  return {
    ca: certificate({ subject: issuer, issuer, publicKey: ca.publicKey, signWith: ca.privateKey, extension: isCa }),
    certificate: certificate({
      subject: host,
      issuer,
      publicKey: server.publicKey,
      signWith: ca.privateKey,
      extension: forHost,
    }),
    key: server.privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
  }
}
