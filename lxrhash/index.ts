/** LXRHash, the proof-of-work hash: ByteMaps and hashers. */
export { buildByteMap, byteMapInfo, openByteMap, verifyByteMapFile } from './bytemap.js'
export type {
  BuildOptions,
  ByteMapFacts,
  ByteMapInfo,
  ByteMapOptions,
  OpenByteMap,
  OpenOptions,
} from './bytemap.js'
export { counterBytes } from './counter.js'
export { LXR_ERRORS, LxrError } from './errors.js'
export type { LxrErrorCode } from './errors.js'
export { gatherProbe } from './gather.js'
export type { GatherProbe } from './gather.js'
export { createHasher } from './hasher.js'
export type { Hasher, HasherOptions, ReportCandidate, SearchRange, SharedByteMap } from './hasher.js'
export { byteMapFile, defaultByteMapDir, lxrParams, PEGNET_PARAMS } from './params.js'
export type { LxrParams } from './params.js'
export type { Pages } from './pages.js'
export type { ByteMapProgress } from './progress.js'
export type { Proof, ProofOrigin } from './proof.js'
