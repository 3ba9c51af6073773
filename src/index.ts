// The public API: the pipeline and its services. Implementations are subpaths of the package, imported only where used.

export * as Records from "./csv/Records.ts"
export { HeaderError } from "./csv/HeaderError.ts"
export * as Address from "./domain/Address.ts"
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
export { User, type UserColumn } from "./domain/User.ts"
export {
  GeoLocator,
  GeoLocatorConfigError,
  GeoLocatorError,
  type GeoService,
  type Locator,
  type RequestCounts,
} from "./geo/GeoLocator.ts"
export { type Allowance, type PermitOptions, Permits, type PermitStore, type Verdict } from "./geo/quota/Permits.ts"
export {
  Quota,
  type QuotaOptions,
  type RequestQuota,
  type Sending,
  type SharedQuotaOptions,
} from "./geo/quota/Quota.ts"
export * as Locating from "./pipeline/Locate.ts"
export * as Pipeline from "./pipeline/Pipeline.ts"
export * as Rejects from "./pipeline/Rejects.ts"
export * as Users from "./pipeline/Users.ts"
export { RejectRepo, type RejectedFile, type StoredReject } from "./repo/RejectRepo.ts"
export { FileTakenError } from "./repo/FileTakenError.ts"
export { LocationQueue, type Place } from "./repo/LocationQueue.ts"
export {
  type Attempt,
  type Beginning,
  type FileIdentity,
  type FileLoad,
  type FileProblem,
  type LoadRef,
  type PartRef,
  type Resume,
  RunRepo,
  type RunRequest,
  type ShareLocations,
  type ShareOutcome,
} from "./repo/RunRepo.ts"
export { RunInClusterError } from "./repo/RunInClusterError.ts"
export { type AddressPlace, type Refusal, type UpsertOutcome, UserRepo, type UserShare } from "./repo/UserRepo.ts"
export { Source } from "./source/Source.ts"
export type { FilesInMemory } from "./source/bytesSource.ts"
export type { FromRecordsOptions, RecordToLoad } from "./source/recordsSource.ts"
export { SourceError, type SourceFile, type SourceReason } from "./domain/SourceFile.ts"
