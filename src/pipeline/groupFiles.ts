// Which files of a run are loaded together: small ones that follow one another.

import type { SourceFile } from "../domain/SourceFile.ts"
import type { FileLoad } from "../repo/RunRepo.ts"

/** The most bytes of a small file, as stored. */
export const smallFile = 256 * 1024

/** The most files and bytes of a group: all are locked at once, and read ahead. */
const mostFiles = 200
const mostBytes = 1024 * 1024

/** Files that are loaded together; one: by itself. */
export type Group = ReadonlyArray<FileLoad<SourceFile>>

/** Whether nothing of the file is loaded. */
export const isNotBegun = ({ parts, state }: FileLoad<SourceFile>): boolean =>
  state === "open" && parts.every(({ resume }) => resume === undefined)

/** Whether the file is small. One of unknown size, or whose format its source knows, is not. */
const isSmall = ({ format, size }: SourceFile): boolean => size > 0 && size <= smallFile && format === undefined

const mayBeTogether = (load: FileLoad<SourceFile>): boolean => isNotBegun(load) && isSmall(load.file)

/** Groups the files, in their order; those of a group by number: their rows are in this order, which decides ties. */
export const groupFiles = (loads: ReadonlyArray<FileLoad<SourceFile>>): ReadonlyArray<Group> => {
  const groups: Array<Group> = []
  let group: Array<FileLoad<SourceFile>> = []
  let bytes = 0
  const end = () => {
    if (group.length > 0) groups.push(group.sort((left, right) => left.fileId - right.fileId))
    group = []
    bytes = 0
  }
  for (const load of loads) {
    const { size } = load.file
    if (!mayBeTogether(load) || bytes + size > mostBytes || group.length === mostFiles) end()
    if (mayBeTogether(load)) {
      group.push(load)
      bytes += size
    } else groups.push([load])
  }
  end()
  return groups
}
