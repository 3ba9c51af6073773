// Which of the fixed groups of e-mails an e-mail is in.

/** Checkpoints are kept by lane: an attempt that resumes must divide records into the same lanes. */
export const laneCount = 16

/** The lane of an e-mail, by FNV-1a over its characters. It never changes, not even between versions. */
export const laneOf = (email: string): number => {
  let hash = 0x811c9dc5
  for (let index = 0; index < email.length; index++) hash = Math.imul(hash ^ email.charCodeAt(index), 0x01000193)
  // The low bits alone depend little on the first characters.
  return ((hash >>> 16) ^ hash) & (laneCount - 1)
}
