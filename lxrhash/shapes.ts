/** What opening and building are given and what they give back. */
import type { LockTiming } from '../base/index.js'
import type { CheckpointTiming } from './build.js'
import type { ChosenKernel, ChooseOptions, KernelChoice } from './choose.js'
import type { FileSystem } from './files.js'
import type { SharedByteMap } from './hasher.js'
import type { Pages } from './pages.js'
import type { NoticeListener, ProgressListener } from './progress.js'
import type { ProofOrigin } from './proof.js'

/** What is known of a ByteMap that was checked. */
export interface ByteMapFacts {
  readonly file: string
  /** Hex. */
  readonly sha256: string
  /** What the SHA-256 was held against. */
  readonly proof: ProofOrigin
  /** What opening, building or checking took. */
  readonly milliseconds: number
}

/** A ByteMap in memory, checked. */
export interface OpenByteMap extends SharedByteMap, ByteMapFacts {
  readonly origin: 'opened' | 'built'
  /** Processor time of the system meanwhile: what reading took, and giving the memory. */
  readonly systemMilliseconds: number
  readonly pages: Pages
  readonly chosen: ChosenKernel
}

export interface ByteMapOptions {
  /** Default: ~/.lxrhash, shared with the reference. */
  readonly dir?: string
  readonly signal?: AbortSignal
  readonly onProgress?: ProgressListener
}

export interface BuildOptions extends ByteMapOptions {
  /** How many hashers may exist at once. */
  readonly slots: number
  /** Whether to ask the system for huge pages, which make hashing faster. Default: yes. */
  readonly hugePages?: boolean
  /** What hashers use unless told otherwise. Default: the best portable one. */
  readonly kernel?: KernelChoice
  /** Hashes in flight of hashers with that kernel. Default: as many as are usual for it. */
  readonly lanes?: number | undefined
  readonly choose?: ChooseOptions
  /** Checkpoints kept, used, discarded; another process that builds. */
  readonly onNotice?: NoticeListener
  /** What files are written with. Default: Node's. */
  readonly fileSystem?: FileSystem
  /** For tests. */
  readonly timing?: { readonly checkpoints?: CheckpointTiming; readonly lock?: Partial<LockTiming> }
}

export interface OpenOptions extends BuildOptions {
  /** Whether to build and save the map if there is no file. Default: yes. */
  readonly build?: boolean
}
