// The public API, as its table of contents. What is named by a technology is a subpath of the package, imported only
// where it is used: LocalSource, S3Source; IpApi, Mmdb; Postgres, PgServer, PgEmbedded, Memory. Fakes are in `testing`.
// A namespace (`export * as`) is a subpath too, by which compilers name its types.

// To load: a run, and what its summary means.
export * as Pipeline from "./pipeline/Pipeline.ts"
export { exitCode } from "./domain/RunSummary.ts"

// Its pieces, each alone: bytes to records, records to users, users to the database, places, rejects.
export * as ColumnMapping from "./domain/ColumnMapping.ts"
export * as MappingFile from "./domain/MappingFile.ts"
export * as Records from "./csv/Records.ts"
export * as Inspection from "./csv/Inspection.ts"
export { User } from "./domain/User.ts"
export * as Extra from "./domain/Extra.ts"
export * as Users from "./pipeline/Users.ts"
export * as Address from "./domain/Address.ts"
export * as Locating from "./pipeline/Locating.ts"
export * as Rejects from "./pipeline/Rejects.ts"

// Sources: where files come from.
export { Source } from "./source/Source.ts"
export type { SourceFile } from "./domain/SourceFile.ts"
export type { FilesInMemory } from "./source/bytesSource.ts"
export type { FromRecordsOptions, RecordToLoad } from "./source/recordsSource.ts"

// Locators: where addresses are. Quotas: how often a service may be asked.
export { GeoLocator, type GeoService, type Locator, type RequestCounts } from "./geo/GeoLocator.ts"
export { Answer, type Answers, Location } from "./domain/Location.ts"
export { Quota, type QuotaOptions, type SharedQuotaOptions } from "./geo/quota/Quota.ts"
export type { RequestQuota, Sending } from "./geo/quota/Quota.ts"
export { type Allowance, type PermitOptions, Permits, type PermitStore, type Verdict } from "./geo/quota/Permits.ts"

// Repositories: what is kept. `UserRepo` may be one's own; runs and the queue are the library's.
export { type AddressPlace, type Refusal, type UpsertOutcome, UserRepo, type UserShare } from "./repo/UserRepo.ts"
export type { UserRecord, Winner } from "./domain/UserRecord.ts"
export type { Widths } from "./domain/Widths.ts"
export { compareInstants, type Instant } from "./domain/Moment.ts"
export { type BadValueFile, RejectRepo, type RejectedFile } from "./repo/RejectRepo.ts"
export type { StoredBadValue, StoredReject } from "./repo/RejectRepo.ts"
export { RunHistory } from "./repo/RunHistory.ts"
export { Format } from "./domain/Format.ts"
export { RunDetails, RunFile, type RunName, RunRecord } from "./domain/RunRecord.ts"
export type { RunRepo } from "./repo/RunRepo.ts"
export type { LocationQueue } from "./repo/LocationQueue.ts"
export { Database } from "./domain/Database.ts"

// Errors, besides those of `Pipeline` and `ColumnMapping`.
export { FormatError } from "./domain/FormatError.ts"
export { SourceError, type SourceReason } from "./domain/SourceFile.ts"
export { HeaderError } from "./csv/HeaderError.ts"
export { GeoLocatorConfigError, GeoLocatorError } from "./domain/GeoLocatorError.ts"
export { DatabaseConfigError, DatabaseError } from "./domain/DatabaseError.ts"
export type { DatabaseOrigins, DatabaseReason, DatabaseSetting } from "./domain/DatabaseError.ts"
export { FileTakenError } from "./repo/FileTakenError.ts"
export { RunInClusterError } from "./repo/RunInClusterError.ts"
export { NotFound } from "./repo/NotFound.ts"

// Types: what options take, and what a run reports, as schemas where it may be stored or sent.
export type { MappedColumn } from "./domain/MappedColumn.ts"
export type { Target } from "./domain/Target.ts"
export type { FieldColumn } from "./domain/fileColumns.ts"
export type { UserColumn } from "./domain/User.ts"
export { FormatOptions } from "./domain/FormatOptions.ts"
export type { Encoding } from "./domain/encoding.ts"
export type { RejectLimit } from "./domain/RejectLimit.ts"
export { AddressCounts, FileSummary, LocatingSummary, RecordCounts, RunSummary } from "./domain/RunSummary.ts"
export type { AnsweredCounts } from "./domain/RunSummary.ts"
export { RejectedFor } from "./domain/RejectTally.ts"
export { StageTimes } from "./domain/StageTimes.ts"
export type { BadValue } from "./domain/BadValue.ts"
export type { Reason, Reject } from "./domain/Reject.ts"
