/** In the first bytes of every report, by which it is known to be one. */
export const reportMark = '<meta name="generator" content="user-activity-etl report" />'

/** So many bytes tell. */
export const reportMarkWithin = 1024
