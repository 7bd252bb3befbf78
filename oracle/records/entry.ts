/** Price records as Factom entries: chains, hashes, external ids (docs/protocol/records-and-grading.md#entry). */
import { sha256 } from '../../base/index.js'
import type { Network, SprVersion } from '../../pegnet/index.js'
import { chainIdOf, type Entry, type FactoidKey } from '../../factom/index.js'
import type { OprVersion } from './opr.js'

const bytesOf = (...texts: string[]): Uint8Array[] => texts.map((text) => new TextEncoder().encode(text))

/**
 * The external ids of the first entry of each of PegNet's five chains (docs/protocol/records-and-grading.md#chains).
 */
export function pegnetChains(
  network: Network,
): Readonly<Record<'protocol' | 'transactions' | 'miners' | 'opr' | 'spr', Uint8Array[]>> {
  const base = [network.protocol.trim(), network.networkTag]
  return {
    protocol: bytesOf(...base),
    transactions: bytesOf(...base, 'Transactions'),
    miners: bytesOf(...base, 'Miners'),
    opr: bytesOf(...base, 'OraclePriceRecords'),
    spr: bytesOf(...base, 'StakingPriceRecords'),
  }
}

/** The external ids that name the chain of price records. */
export function oprChainExtIds(network: Network): Uint8Array[] {
  return pegnetChains(network).opr
}

/** The id of the chain of price records, hex. */
export function oprChainId(network: Network): string {
  return chainIdOf(oprChainExtIds(network))
}

/** The id of the chain of staking price records, hex. */
export function sprChainId(network: Network): string {
  return chainIdOf(pegnetChains(network).spr)
}

/** SHA-256 of the content exactly as it is on the chain: the first half of the proof of work's input. */
export function oprHash(content: Uint8Array): Uint8Array {
  return sha256(content)
}

/** How records name a winner: the first 8 bytes of its *entry* hash, 16 hex digits. */
export function shortHash(entryHash: string): string {
  return entryHash.slice(0, 16)
}

export interface OprEntryParts {
  readonly chainId: string
  readonly version: OprVersion
  readonly content: Uint8Array
  /** Any length, 0 included. */
  readonly nonce: Uint8Array
  /** The claim: the first 8 bytes of LXRHash(record hash ‖ nonce), big-endian. */
  readonly difficulty: bigint
}

/** External ids: nonce, difficulty in 8 bytes, version in one. */
export function buildOprEntry({ chainId, version, content, nonce, difficulty }: OprEntryParts): Entry {
  const claim = new Uint8Array(8)
  new DataView(claim.buffer).setBigUint64(0, difficulty)
  return { chainId, extIds: [nonce, claim, Uint8Array.of(version)], content }
}

export interface SprEntryParts {
  readonly chainId: string
  readonly version: SprVersion
  readonly content: Uint8Array
  readonly staker: Pick<FactoidKey, 'rcdHash' | 'publicKey' | 'sign'>
}

/** External ids: version in one byte, the staker's RCD hash, a public key with its signature of the content. */
export function buildSprEntry({ chainId, version, content, staker }: SprEntryParts): Entry {
  const signed = new Uint8Array([...staker.publicKey, ...staker.sign(content)])
  return { chainId, extIds: [Uint8Array.of(version), staker.rcdHash, signed], content }
}

/**
 * Nonce, claimed difficulty and version byte of a record's external ids; `null` if they have another shape.
 * Grading gives the reason of a refusal (`checkEntry`); this is for callers that only look.
 */
export function splitOprExtIds(
  extIds: readonly Uint8Array[],
): { nonce: Uint8Array; difficulty: bigint; version: number } | null {
  const [nonce, claim, version] = extIds
  if (extIds.length !== 3 || !nonce || claim?.length !== 8 || version?.length !== 1) return null
  return { nonce, difficulty: readClaim(claim), version: version[0] ?? 0 }
}

/** The claimed difficulty in the 8 bytes of a record's second external id. */
export function readClaim(claim: Uint8Array): bigint {
  return new DataView(claim.buffer, claim.byteOffset, 8).getBigUint64(0)
}
