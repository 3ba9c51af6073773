// gzip, of one member or of several.

import { createGunzip } from "node:zlib"
import type { Compression } from "./Compression.ts"
import { chunkSize, damaged, incomplete, inflate, trailing } from "./inflate.ts"

const name = "gzip"

const explain = (error: Error): string => {
  if ("code" in error && error.code === "Z_BUF_ERROR") return incomplete(name)
  // Each member has a header: that of the first was recognised.
  return error.message === "incorrect header check" ? trailing(name) : damaged(name, error)
}

export const gzip: Compression = {
  recognises: ([first, second]) => first === 0x1f && second === 0x8b,
  decompress: inflate({ name, make: () => createGunzip({ chunkSize }), explain }),
}
