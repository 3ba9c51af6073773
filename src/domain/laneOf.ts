// Which of the fixed groups of e-mails an e-mail is in.

/** Checkpoints are kept by lane: an attempt that resumes must divide records into the same lanes. */
export const laneCount = 16

/** FNV-1a: the hash of no character, and that of one character more. */
export const emptyHash = 0x811c9dc5
export const addToHash = (hash: number, code: number): number => Math.imul(hash ^ code, 0x01000193)

/** The low bits alone depend little on the first characters. */
export const laneOfHash = (hash: number): number => ((hash >>> 16) ^ hash) & (laneCount - 1)

/** The lane of an e-mail, by a hash of its characters. It never changes, not even between versions. */
export const laneOf = (email: string): number => {
  let hash = emptyHash
  for (let index = 0; index < email.length; index++) hash = addToHash(hash, email.charCodeAt(index))
  return laneOfHash(hash)
}
