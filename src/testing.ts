// For tests of programs that use the library: fakes that can fail on purpose, and suites that prove a service of one's
// own. The fakes keep the promises of the real services, except durability.

export { layer as layerRepo, type StoredUser, Tables } from "./memory/MemoryRepo.ts"
export { type Check, ConformanceError } from "./testing/check.ts"
export { geoLocatorChecks } from "./testing/geoLocatorChecks.ts"
export { layerGeo, type LayerGeoOptions, place } from "./testing/layerGeo.ts"
export { layerSource, type LayerSourceOptions } from "./testing/layerSource.ts"
export { sourceChecks } from "./testing/sourceChecks.ts"
export { type Stored, userRepoChecks } from "./testing/userRepoChecks.ts"
