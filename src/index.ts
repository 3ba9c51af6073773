// The public API: the pipeline and its services. Implementations are subpaths of the package, imported only where used.

export { Address, parseAddress } from "./domain/Address.ts"
export type { Chunk, Position, UserRecord } from "./domain/Chunk.ts"
export * as ColumnMapping from "./domain/ColumnMapping.ts"
export { Database } from "./domain/Database.ts"
export {
  DatabaseConfigError,
  DatabaseError,
  type DatabaseOrigins,
  type DatabaseReason,
  type DatabaseSetting,
} from "./domain/DatabaseError.ts"
export type { LaneCheckpoint, Share } from "./domain/Lane.ts"
export { Answer, type Answers, Location } from "./domain/Location.ts"
export * as RejectLimit from "./domain/RejectLimit.ts"
export type { Reason, Reject } from "./domain/Reject.ts"
export { AddressCounts, exitCode, FileSummary, RecordCounts, RunSummary } from "./domain/RunSummary.ts"
export { User } from "./domain/User.ts"
export { chain, GeoLocator, GeoLocatorError, type GeoService, type RequestCounts } from "./geo/GeoLocator.ts"
export { Permits, type Verdict } from "./geo/quota/Permits.ts"
export { Quota, type QuotaOptions, type Sending } from "./geo/quota/Quota.ts"
export * as Locating from "./pipeline/Locate.ts"
export * as Pipeline from "./pipeline/Pipeline.ts"
export { FileTakenError } from "./repo/FileTakenError.ts"
export { LocationQueue } from "./repo/LocationQueue.ts"
export {
  type Attempt,
  type Beginning,
  type FileIdentity,
  type FileLoad,
  type FileProblem,
  type Resume,
  RunRepo,
  type RunRequest,
} from "./repo/RunRepo.ts"
export { RunInClusterError } from "./repo/RunInClusterError.ts"
export { type LoadRef, type ShareLocations, type ShareOutcome, UserRepo } from "./repo/UserRepo.ts"
export { Source } from "./source/Source.ts"
export { SourceError, type SourceFile } from "./domain/SourceFile.ts"
