// What a field is called that has no name, or none that may be shown.

/** `position`: from 0. */
export const positionName = (position: number): string => `column ${position + 1}`
