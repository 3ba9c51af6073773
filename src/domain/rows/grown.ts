// Typed arrays with room for more.

/** The larger array, with what the old one has. */
export const grown = <Numbers extends Int32Array | Float64Array | Int8Array | Uint8Array>(
  old: Numbers,
  larger: Numbers,
): Numbers => {
  larger.set(old)
  return larger
}
