/** Publishes one header: proves it, lets the daemon build, inspects what it built, writes it down, sends it. */
import { isCoded, messageOf, type Sleep } from '../../base/index.js'
import {
  brokenRule,
  buildReason,
  decodeTransaction,
  encodePayload,
  inspectData,
  sendAdvice,
  sendReason,
  type CallOptions,
  type InspectedData,
  type Registration,
} from '../../komodo/index.js'
import { ORPHAN_ADVICE } from './baton.js'
import { WALLET_MS, type OracleUtxo } from './funds.js'
import { isOrphaned, type Mempool } from './mempool.js'
import type { GatewayParts } from './parts.js'
import type { Published } from './published.js'
import type { Reference, ReferenceHeader } from './reference.js'
import type { RelayAction, RelayFact } from './relay-states.js'

export interface HeaderParts extends GatewayParts {
  readonly published: Published
  readonly format: 'Ihh' | 'IhhL'
  /** Satoshis at the deposit address, for the format `IhhL`. */
  readonly balance: (options: CallOptions) => Promise<bigint>
  readonly sleep: Sleep
}

export interface PublishParts extends HeaderParts {
  readonly reference: Reference
  readonly mempool: Mempool
  /** Told of a header that was sent: it stands on the chain, or is on its way there. */
  readonly sent: (txid: string, hex: string) => void
}

/** What holds for a whole pass. */
export interface PublishBasis {
  readonly registration: Registration
  readonly assetHeight: number
  readonly subscriptions: readonly OracleUtxo[]
}

const WALLET_TRIES = 4
const FORGERIES: ReadonlySet<string> = new Set(['E_KOMODO_HEADER', 'E_FEED_FORGED'])

type Publish = Extract<RelayAction, { do: 'publish' }>

export function createPublish(parts: PublishParts) {
  const { settings, asset, mempool, published, dryRun } = parts
  const { name: gateway, oracleTxid, pubkey } = settings

  async function provenHeader(height: number, options: CallOptions): Promise<ReferenceHeader | RelayFact> {
    try {
      return await parts.reference.header(height, options)
    } catch (error) {
      if (!isCoded(error) || !FORGERIES.has(error.code)) throw error
      return { fact: 'forged', height, code: error.code, message: error.message }
    }
  }

  async function build(
    payload: string,
    on: string,
    { registration, assetHeight, subscriptions }: PublishBasis,
    options: CallOptions,
  ): Promise<InspectedData | RelayFact> {
    const { baton: batonAddress, dataFee } = registration
    const intent = { oracleTxid, publisher: pubkey, payload, baton: on, batonAddress, dataFee, subscriptions }
    for (let attempt = 1; ; attempt++) {
      try {
        const hex = await asset.oracleData(oracleTxid, payload, options)
        return inspectData(hex, intent, { height: assetHeight, pubkey })
      } catch (error) {
        const reason = buildReason(error)
        if (reason === 'normal-coins' && attempt < WALLET_TRIES) {
          await parts.sleep(WALLET_MS, options.signal)
          continue
        }
        const message = messageOf(error)
        if (reason !== null) return { fact: 'unbuilt', reason, message }
        const rule = brokenRule(error)
        if (rule === null) throw error
        return { fact: 'misbuilt', rule, message }
      }
    }
  }

  /** Writes the transaction down, then sends it. Null: it was sent. */
  async function send({ txid, hex }: InspectedData, height: number, options: CallOptions) {
    published.add({ txid, hex, height })
    try {
      await asset.send(hex, options)
      return null
    } catch (error) {
      const reason = sendReason(error)
      // Whether it arrived is not known: the next pass sees it, or sends it again.
      if (reason === null) throw error
      if (reason === 'in-chain') return null
      published.drop(txid)
      const lost = reason === 'spent' ? await lostInput(hex, options) : null
      const advice = lost ?? sendAdvice(reason)
      const text = `the daemon does not take the header: ${messageOf(error)}${advice === '' ? '' : `; ${advice}`}`
      const code = isCoded(error) ? error.code : 'unknown'
      return { fact: 'untaken', reason, lost: lost !== null, code, message: text } as const
    }
  }

  /** The daemon builds on what an unclean stop left in its address index: an input of a block that is lost. */
  async function lostInput(hex: string, options: CallOptions): Promise<string | null> {
    for (const { txid } of decodeTransaction(hex).inputs) {
      if (await isOrphaned(asset, mempool, txid, options))
        return `its input ${txid} stands in a block that is lost: if the daemon has no peers that still have the block, ${ORPHAN_ADVICE}`
    }
    return null
  }

  return async function publish(
    { job, on }: Publish,
    basis: PublishBasis,
    options: CallOptions,
  ): Promise<RelayFact> {
    const { height, why } = job
    const header = await provenHeader(height, options)
    if ('fact' in header) return header
    const balance = parts.format === 'IhhL' ? await parts.balance(options) : null
    const payload = encodePayload({ ...header, balance })
    const built = await build(payload, on, basis, options)
    if ('fact' in built) return built
    const { txid, hex } = built
    if (!dryRun) {
      const untaken = await send(built, height, options)
      if (untaken !== null) return untaken
      parts.sent(txid, hex)
    }
    parts.emit({ event: 'header', gateway, height, txid, hash: header.hash, why, payload, dryRun })
    return dryRun ? { fact: 'shown' } : { fact: 'published', job, txid }
  }
}
