/**
 * What signers wrote about a withdrawal on the asset chain: the line of their transactions, each of which spends the
 * marker of the one before. After lost state this is where our own signatures are found again.
 */
import {
  decodeTransaction,
  gatewayOpOf,
  pubkeyAddress,
  addressOfScript,
  type CallOptions,
  type KomodoClient,
  type Transaction,
} from '../../komodo/index.js'
import { readable } from './evidence.js'
import { createMempool } from './mempool.js'

export interface Step {
  readonly txid: string
  /** The payout that it carries, hex, or anything else. */
  readonly hex: string
  readonly tx: Transaction
}

/** A line has a step for each signature and one more; dishonest signers cannot make it much longer. */
const MOST_STEPS = 200

/** The hex that a step of this withdrawal carries; null: the transaction is none. */
function carriedBy(tx: Transaction, withdrawTxid: string): string | null {
  const op = gatewayOpOf(tx)?.op
  const step = op?.op === 'gateway-partial' || op?.op === 'gateway-complete' || op?.op === 'gateway-sign'
  return step && op.withdrawTxid === withdrawTxid ? op.hex : null
}

export function createSteps(asset: KomodoClient) {
  const mempool = createMempool(asset)

  async function stepAt(txid: string, withdrawTxid: string, options: CallOptions): Promise<Step | null> {
    const found = await asset.transaction(txid, options)
    const tx = found === null ? null : readable(found.hex)
    const hex = tx === null ? null : carriedBy(tx, withdrawTxid)
    return tx === null || hex === null ? null : { txid, hex, tx }
  }

  return {
    /** From the first step to the last; null: the line cannot be read back to the withdrawal. */
    async line(
      withdrawTxid: string,
      lastTxid: string,
      options: CallOptions,
    ): Promise<readonly Step[] | null> {
      const steps: Step[] = []
      let at = lastTxid
      while (at !== withdrawTxid) {
        const step = steps.length < MOST_STEPS ? await stepAt(at, withdrawTxid, options) : null
        if (step === null) return null
        steps.unshift(step)
        const before = await previous(step, withdrawTxid, options)
        if (before === null) return null
        at = before
      }
      return steps
    },

    /** The step whose marker is unspent, and how many led to it; null: none. */
    async newest(
      withdrawTxid: string,
      options: CallOptions,
    ): Promise<{ readonly lastTxid: string; readonly signs: number } | null> {
      const asked = await asset.transaction(withdrawTxid, options)
      const script = asked === null ? undefined : decodeTransaction(asked.hex).outputs[0]?.script
      const markers = script === undefined ? null : addressOfScript(script)
      if (markers === null) return null
      const live = (await asset.utxos(markers, true, options)).filter(({ vout }) => vout === 0)
      for (const { txid } of live.slice(-MOST_STEPS)) {
        const line = await this.line(withdrawTxid, txid, options)
        if (line !== null && line.length > 0) return { lastTxid: txid, signs: line.length }
      }
      return null
    },

    /** Steps of this withdrawal that wait to be mined, in no order. */
    async waiting(withdrawTxid: string, options: CallOptions): Promise<readonly Step[]> {
      await mempool.refresh(options)
      return [...mempool.transactions].flatMap(([txid, tx]) => {
        const hex = carriedBy(tx, withdrawTxid)
        return hex === null ? [] : [{ txid, hex, tx }]
      })
    },

    /** Whether a coin of this key paid for a transaction: its owner made it. */
    async isMadeBy(pubkey: string, tx: Transaction, options: CallOptions): Promise<boolean> {
      for (const { txid, vout } of tx.inputs.slice(0, MOST_STEPS)) {
        const parent = await asset.transaction(txid, options)
        const script = parent === null ? undefined : decodeTransaction(parent.hex).outputs[vout]?.script
        if (script !== undefined && addressOfScript(script) === pubkeyAddress(pubkey)) return true
      }
      return false
    },
  }

  /** The step, or the withdrawal itself, whose marker it spends. */
  async function previous({ tx }: Step, withdrawTxid: string, options: CallOptions): Promise<string | null> {
    for (const { txid, vout } of tx.inputs.slice(0, MOST_STEPS)) {
      if (vout !== 0) continue
      if (txid === withdrawTxid || (await stepAt(txid, withdrawTxid, options)) !== null) return txid
    }
    return null
  }
}

export type Steps = ReturnType<typeof createSteps>
