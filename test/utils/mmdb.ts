// Makes .mmdb files.

import { IpNetwork, NetAddress } from "effect/net"

/** A value of a record: number is a double, bigint an unsigned integer, a Buffer an encoded value. */
export type MmdbValue =
  | Buffer
  | string
  | number
  | bigint
  | boolean
  | ReadonlyArray<MmdbValue>
  | { readonly [key: string]: MmdbValue }

export interface MmdbSpec {
  readonly ipVersion: 4 | 6
  readonly recordSize: 24 | 28 | 32
  /** Networks in CIDR form; a narrower one wins. IPv4 networks in a database of version 6 are looked up as IPv4. */
  readonly networks: ReadonlyArray<readonly [network: string, record: MmdbValue]>
  /** As MaxMind writes files: reserved networks have nodes and no records, and a tree for IPv6 has aliases of IPv4. */
  readonly isMaxMind?: boolean
  readonly databaseType?: string
  /** Seconds since 1970. Default: in 2026. */
  readonly buildEpoch?: MmdbValue
}

const types = { string: 2, double: 3, uint16: 5, uint32: 6, map: 7, uint64: 9, array: 11, boolean: 14 }

const control = (type: number, size: number): Buffer => {
  const [low, more] =
    size < 29 ? [size, []] : size < 285 ? [29, [size - 29]] : [30, [(size - 285) >> 8, (size - 285) & 255]]
  return Buffer.from(type > 7 ? [low, type - 7, ...more] : [(type << 5) | low, ...more])
}

const unsigned = (value: bigint): Buffer => {
  const hex = value === 0n ? "" : value.toString(16)
  const bytes = Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, "hex")
  const type = bytes.length <= 2 ? types.uint16 : bytes.length <= 4 ? types.uint32 : types.uint64
  return Buffer.concat([control(type, bytes.length), bytes])
}

const encode = (value: MmdbValue): Buffer => {
  if (Buffer.isBuffer(value)) return value
  if (typeof value === "boolean") return control(types.boolean, value ? 1 : 0)
  if (typeof value === "bigint") return unsigned(value)
  if (typeof value === "number") {
    const bytes = Buffer.alloc(8)
    bytes.writeDoubleBE(value)
    return Buffer.concat([control(types.double, 8), bytes])
  }
  if (typeof value === "string") {
    const bytes = Buffer.from(value, "utf8")
    return Buffer.concat([control(types.string, bytes.length), bytes])
  }
  if (Array.isArray(value)) return Buffer.concat([control(types.array, value.length), ...value.map(encode)])
  const entries = Object.entries(value)
  return Buffer.concat([control(types.map, entries.length), ...entries.flatMap((entry) => entry.map(encode))])
}

/** The bits of an address, first to last. */
const bitsOf = (address: NetAddress.IpAddress): ReadonlyArray<number> => {
  const octets = NetAddress.isIpv4Address(address) ? NetAddress.ipv4ToOctets(address) : NetAddress.ipv6ToOctets(address)
  return Array.from(octets).flatMap((octet) => Array.from({ length: 8 }, (_, bit) => (octet >> (7 - bit)) & 1))
}

type Tree = Buffer | [Tree | undefined, Tree | undefined] | undefined

const insert = (tree: Tree, bits: ReadonlyArray<number>, record: Tree): Tree => {
  const [bit, ...rest] = bits
  if (bit === undefined) return record
  const [left, right] = Array.isArray(tree) ? tree : [tree, tree]
  return bit === 0 ? [insert(left, rest, record), right] : [left, insert(right, rest, record)]
}

const prefixOf = (network: string, ipVersion: 4 | 6): ReadonlyArray<number> => {
  const parsed = IpNetwork.fromStringUnsafe(network)
  const bits = bitsOf(parsed.address).slice(0, parsed.prefixLength)
  return ipVersion === 6 && IpNetwork.isIpv4Network(parsed) ? [...Array<number>(96).fill(0), ...bits] : bits
}

const reservedIpv4 = [
  "0.0.0.0/8",
  "10.0.0.0/8",
  "100.64.0.0/10",
  "127.0.0.0/8",
  "169.254.0.0/16",
  "172.16.0.0/12",
  "192.0.0.0/29",
  "192.0.2.0/24",
  "192.88.99.0/24",
  "192.168.0.0/16",
  "198.18.0.0/15",
  "198.51.100.0/24",
  "203.0.113.0/24",
  "224.0.0.0/4",
  "240.0.0.0/4",
]
const reservedIpv6 = ["100::/64", "2001:db8::/32", "fc00::/7", "fe80::/10", "ff00::/8"]
const ipv4Aliases = ["::ffff:0:0/96", "2001::/32", "2002::/16"]

const subtree = (tree: Tree, bits: ReadonlyArray<number>): Tree =>
  bits.reduce<Tree>((node, bit) => (Array.isArray(node) ? node[bit] : node), tree)

const reserve = (tree: Tree, ipVersion: 4 | 6): Tree => {
  const reserved = ipVersion === 6 ? [...reservedIpv4, ...reservedIpv6] : reservedIpv4
  const emptied = reserved.reduce((all, network) => insert(all, prefixOf(network, ipVersion), undefined), tree)
  if (ipVersion === 4) return emptied
  const ipv4 = subtree(emptied, prefixOf("0.0.0.0/0", 6))
  return ipv4Aliases.reduce((all, network) => insert(all, prefixOf(network, 6), ipv4), emptied)
}

/** A node of the search tree. */
export const makeNode = (left: number, right: number, recordSize: 24 | 28 | 32): Buffer => {
  const [first, second] = [left, right].map((record) => record.toString(16).padStart(recordSize / 4, "0"))
  // 28 bits are seven hexadecimal digits; the first digits of both are between the others.
  const digits =
    recordSize === 28 ? `${first!.slice(1)}${first![0]}${second![0]}${second!.slice(1)}` : `${first}${second}`
  return Buffer.from(digits, "hex")
}

/** A whole .mmdb file. */
export const makeMmdb = (spec: MmdbSpec): Buffer => {
  const { ipVersion, recordSize, networks, databaseType = "Test", buildEpoch = 1_780_000_000n } = spec
  const prefixes = networks
    .map(([network, record]) => ({ prefix: prefixOf(network, ipVersion), record: encode(record) }))
    .toSorted((left, right) => left.prefix.length - right.prefix.length)
  const given = prefixes.reduce<Tree>((tree, { prefix, record }) => insert(tree, prefix, record), undefined)
  const root = spec.isMaxMind ? reserve(given, ipVersion) : given

  const nodes: Array<[Tree, Tree]> = []
  const indexes = new Map<Tree, number>()
  const walk = (tree: Tree): void => {
    if (!Array.isArray(tree) || indexes.has(tree)) return
    indexes.set(tree, nodes.push(tree) - 1)
    tree.forEach(walk)
  }
  walk(Array.isArray(root) ? root : [root, root])

  const data: Array<Buffer> = []
  const offsets = new Map<string, number>()
  let dataSize = 0
  const offsetOf = (record: Buffer): number => {
    const known = offsets.get(record.toString("hex"))
    if (known !== undefined) return known
    const offset = dataSize
    offsets.set(record.toString("hex"), offset)
    data.push(record)
    dataSize += record.length
    return offset
  }
  const pointer = (tree: Tree): number => {
    if (tree === undefined) return nodes.length
    return Array.isArray(tree) ? indexes.get(tree)! : nodes.length + 16 + offsetOf(tree)
  }
  const searchTree = nodes.map(([left, right]) => makeNode(pointer(left), pointer(right), recordSize))
  const metadata = encode({
    binary_format_major_version: 2n,
    binary_format_minor_version: 0n,
    build_epoch: buildEpoch,
    database_type: databaseType,
    description: { en: databaseType },
    ip_version: BigInt(ipVersion),
    languages: ["en"],
    node_count: BigInt(nodes.length),
    record_size: BigInt(recordSize),
  })
  const marker = Buffer.from("\xab\xcd\xefMaxMind.com", "latin1")
  return Buffer.concat([...searchTree, Buffer.alloc(16), ...data, marker, metadata])
}
