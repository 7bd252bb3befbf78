/** Commit messages: the signed payments for entries (docs/protocol/factom.md#commits). All numbers big-endian. */
import type { EcKey } from './address.js'
import { concat, hashBytes, readUint, sha256, sha256d, toHex, uintBytes } from './bytes.js'
import { verifyEd25519 } from './ed25519.js'
import { CHAIN_SURCHARGE } from './entry.js'
import { fail } from './errors.js'

export const ENTRY_COMMIT_BYTES = 136
export const CHAIN_COMMIT_BYTES = 200
/** Signed part: everything before the public key. */
const ENTRY_LEDGER_BYTES = 40
const CHAIN_LEDGER_BYTES = 104
const MAX_ENTRY_CREDITS = 10

export interface EntryCommit {
  /** The commit's own time, UNIX milliseconds; also the salt that tells two commits apart. */
  readonly timeMs: number
  readonly entryHash: string
  readonly credits: number
  /** 64 hex digits. */
  readonly ecPublicKey: string
  /** 64 bytes over `ledger`. */
  readonly signature: Uint8Array
  /** SHA-256 of `ledger`, hex: independent of key and signature. */
  readonly txid: string
  /** The signed bytes. */
  readonly ledger: Uint8Array
}

export interface ChainCommit extends EntryCommit {
  /** SHA-256d of the chain id, hex. */
  readonly chainIdHash: string
  /** SHA-256d of entry hash ‖ chain id, hex. */
  readonly weld: string
}

export interface EntryCommitInit {
  readonly entryHash: string
  /** 1…10. */
  readonly credits: number
  readonly timeMs: number
  readonly key: EcKey
}

export interface ChainCommitInit extends EntryCommitInit {
  readonly chainId: string
  /** 11…20: the entry's cost + 10. */
  readonly credits: number
}

/** 136 bytes: `00 ‖ u48 time ‖ entry hash ‖ u8 credits ‖ public key ‖ signature`. Throws `E_FACTOM_COMMIT`. */
export function composeEntryCommit({ entryHash, credits, timeMs, key }: EntryCommitInit): Uint8Array {
  checkTerms(timeMs, credits, 0)
  const ledger = concat(uintBytes(timeMs, 7), hashBytes(entryHash), Uint8Array.of(credits))
  return concat(ledger, key.publicKey, key.sign(ledger))
}

/**
 * 200 bytes: `00 ‖ u48 time ‖ chain-id hash ‖ weld ‖ entry hash ‖ u8 credits ‖ public key ‖ signature`. Throws
 * `E_FACTOM_COMMIT`.
 */
export function composeChainCommit({
  chainId,
  entryHash,
  credits,
  timeMs,
  key,
}: ChainCommitInit): Uint8Array {
  checkTerms(timeMs, credits, CHAIN_SURCHARGE)
  const chain = hashBytes(chainId)
  const entry = hashBytes(entryHash)
  const ledger = concat(
    uintBytes(timeMs, 7),
    sha256d(chain),
    sha256d(entry, chain),
    entry,
    Uint8Array.of(credits),
  )
  return concat(ledger, key.publicKey, key.sign(ledger))
}

/**
 * An entry commit. Layout, version and credits (1…10) are checked, the signature is not (`commitSigned`). Bytes
 * after the 136th are ignored, as factomd does. Throws `E_FACTOM_COMMIT`.
 */
export function decodeEntryCommit(raw: Uint8Array): EntryCommit {
  return decode(raw, ENTRY_LEDGER_BYTES, 0)
}

/** A chain commit (credits 11…20); like `decodeEntryCommit`, bytes after the 200th are ignored. */
export function decodeChainCommit(raw: Uint8Array): ChainCommit {
  const commit = decode(raw, CHAIN_LEDGER_BYTES, CHAIN_SURCHARGE)
  return { ...commit, chainIdHash: toHex(raw.subarray(7, 39)), weld: toHex(raw.subarray(39, 71)) }
}

/** Whether the signature of a commit is by its key. */
export function commitSigned(commit: EntryCommit): boolean {
  return verifyEd25519(hashBytes(commit.ecPublicKey), commit.ledger, commit.signature)
}

/** The txid of a composed commit, entry (136 bytes) or chain (200 bytes). Throws `E_FACTOM_COMMIT`. */
export function commitTxid(raw: Uint8Array): string {
  if (raw.length === ENTRY_COMMIT_BYTES) return toHex(sha256(raw.subarray(0, ENTRY_LEDGER_BYTES)))
  if (raw.length === CHAIN_COMMIT_BYTES) return toHex(sha256(raw.subarray(0, CHAIN_LEDGER_BYTES)))
  throw fail('E_FACTOM_COMMIT', `a commit has 136 or 200 bytes, not ${raw.length}`)
}

function decode(raw: Uint8Array, ledgerBytes: number, surcharge: number): EntryCommit {
  const whole = ledgerBytes + 96
  if (raw.length < whole)
    throw fail('E_FACTOM_COMMIT', `the commit has ${raw.length} bytes, ${whole} are needed`)
  if (raw[0] !== 0) throw fail('E_FACTOM_COMMIT', `commit version ${raw[0]} is unknown`)
  const credits = readUint(raw, ledgerBytes - 1, 1)
  const timeMs = readUint(raw, 1, 6)
  checkTerms(timeMs, credits, surcharge)
  const ledger = raw.slice(0, ledgerBytes)
  return {
    timeMs,
    entryHash: toHex(raw.subarray(ledgerBytes - 33, ledgerBytes - 1)),
    credits,
    ecPublicKey: toHex(raw.subarray(ledgerBytes, ledgerBytes + 32)),
    signature: raw.slice(ledgerBytes + 32, whole),
    txid: toHex(sha256(ledger)),
    ledger,
  }
}

function checkTerms(timeMs: number, credits: number, surcharge: number): void {
  if (!Number.isInteger(credits) || credits <= surcharge || credits > surcharge + MAX_ENTRY_CREDITS) {
    throw fail(
      'E_FACTOM_COMMIT',
      `a commit pays ${surcharge + 1} to ${surcharge + 10} entry credits, not ${credits}`,
    )
  }
  if (!Number.isSafeInteger(timeMs) || timeMs < 0 || timeMs >= 2 ** 48) {
    throw fail('E_FACTOM_COMMIT', 'the time of a commit must be UNIX milliseconds')
  }
}
