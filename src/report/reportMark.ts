// Marks a file as one of our reports.

/** Near the beginning of every report. */
export const reportMark = '<meta name="generator" content="user-activity-etl report" />'

/** The mark is in the first bytes, this many. */
export const reportMarkWithin = 1024
