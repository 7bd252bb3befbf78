/** What an oracle or staking record says, for people. Whether it takes part in grading is not asked here. */
import { isCoded } from '../base/index.js'
import { decodeEntry, verifyEd25519, type Entry } from '../factom/index.js'
import {
  ASSETS,
  decodeContent,
  decodeSpr,
  splitOprExtIds,
  STAKING_ASSETS,
  type Spr,
} from '../oracle/index.js'
import type { Network } from '../pegnet/index.js'
import type { RawEntry } from './store/contents.js'
import type { RecordChain } from './store/records.js'
import { tickerOf, type Ticker } from './tickers.js'

export interface RecordReading extends Entry {
  readonly version: number
  /** Null: its content is no record. */
  readonly said:
    | (Pick<Spr, 'identity' | 'address' | 'height' | 'winners'> & {
        readonly prices: readonly (readonly [ticker: Ticker, price: bigint])[]
      })
    | null
  /** What its proof of work is made with; null: its external ids have another shape, or it is a staking record. */
  readonly nonce: Uint8Array | null
  /** What it claims its proof of work to be. */
  readonly claim: bigint | null
  /** Of a staking record: whether the signature fits the content and the key beside it; null: there is none. */
  readonly signed: boolean | null
  /** Why its content cannot be read. */
  readonly wrong: string | null
}

/** The key, then its signature. */
const KEY_BYTES = 32
const SIGNED_BYTES = 96

export function readRecord(
  raw: Pick<RawEntry, 'height' | 'entry'>,
  chain: RecordChain,
  network: Versions,
): RecordReading {
  const decoded = decodeEntry(raw.entry)
  const version = chain === 'oracle' ? network.oprVersionAt(raw.height) : network.sprVersionAt(raw.height)
  const proof = chain === 'oracle' ? splitOprExtIds(decoded.extIds) : null
  return {
    ...{ ...decoded, version, nonce: proof?.nonce ?? null, claim: proof?.difficulty ?? null },
    signed: chain === 'staking' ? signatureOf(decoded) : null,
    ...saidIn(raw, chain, network),
  }
}

type Versions = Pick<Network, 'oprVersionAt' | 'sprVersionAt'>

/** What a record says; its signature is not looked at. */
export function saidIn(
  { height, entry }: Pick<RawEntry, 'height' | 'entry'>,
  chain: RecordChain,
  network: Versions,
): Pick<RecordReading, 'said' | 'wrong'> {
  const { content } = decodeEntry(entry)
  try {
    const [record, assets] =
      chain === 'oracle'
        ? ([
            decodeContent(network.oprVersionAt(height), content).opr,
            ASSETS[network.oprVersionAt(height)],
          ] as const)
        : ([decodeSpr(content), STAKING_ASSETS] as const)
    const { identity, address, winners } = record
    const prices = record.prices
      .slice(0, assets.length)
      .map((price, k) => [tickerOf(assets[k] as string), price] as const)
    return { said: { identity, address, height: record.height, winners, prices }, wrong: null }
  } catch (error) {
    if (!isCoded(error)) throw error
    return { said: null, wrong: error.message }
  }
}

function signatureOf({ extIds, content }: Entry): boolean | null {
  const signed = extIds[2]
  if (signed?.length !== SIGNED_BYTES) return null
  return verifyEd25519(signed.subarray(0, KEY_BYTES), content, signed.subarray(KEY_BYTES))
}
