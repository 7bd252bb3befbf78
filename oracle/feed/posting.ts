/** Sends the steps of a withdrawal on the asset chain: built by the daemon, inspected, then sent. */
import { isCoded, messageOf } from '../../base/index.js'
import {
  buildReason,
  inspectSigning,
  isWritable,
  sendAdvice,
  sendReason,
  type CallOptions,
  type SigningIntent,
} from '../../komodo/index.js'
import { AT_ONCE } from './build-queue.js'
import type { WithdrawalParts } from './journal.js'
import type { Place, StepKind } from './withdrawal.js'

/** What carries no payout: nothing will be paid. */
export const RELEASE = '00'

const MOST_TOLD = 1_000

export function createPosting({ settings, asset, gateway, family, emit, inTurn = AT_ONCE }: WithdrawalParts) {
  const { coin } = gateway
  const { pubkey } = settings
  /** The last refusal that was told of each withdrawal: the daemon repeats it at each pass. */
  const lastTold = new Map<string, string>()

  function tellRefusal({ withdrawTxid }: SigningIntent, code: string, message: string): void {
    if (lastTold.get(withdrawTxid) === message) return
    if (lastTold.size > MOST_TOLD) lastTold.clear()
    lastTold.set(withdrawTxid, message)
    emit({ event: 'notice', gateway: settings.name, level: 'warn', code, message })
  }

  /** Null: not now; another signer was faster, or the chain is not that far. */
  async function send(
    intent: SigningIntent,
    build: () => Promise<string>,
    options: CallOptions,
  ): Promise<string | null> {
    if (!isWritable(asset.rpc.health)) return null
    try {
      const { blocks: height } = await asset.chainInfo(options)
      return await inTurn(async () => {
        const { hex, txid } = inspectSigning(await build(), intent, { height, pubkey })
        await asset.send(hex, options)
        lastTold.delete(intent.withdrawTxid)
        return txid
      })
    } catch (error) {
      if (buildReason(error) === 'unconfirmed') return null
      const reason = sendReason(error)
      if (reason === 'in-chain' || reason === 'spent' || reason === 'conflict') return null
      if (reason === null) throw error
      const advice = sendAdvice(reason)
      const message = `${messageOf(error)}${advice === '' ? '' : `; ${advice}`}`
      tellRefusal(intent, isCoded(error) ? error.code : 'unknown', message)
      return null
    }
  }

  return {
    /** A payout, or `RELEASE`. */
    step(
      withdrawTxid: string,
      { lastTxid }: Pick<Place, 'lastTxid'>,
      { kind, hex }: { readonly kind: StepKind; readonly hex: string },
      options: CallOptions,
    ): Promise<string | null> {
      const build =
        family === 'B' ? asset.withdrawSign : kind === 'complete' ? asset.completeSigning : asset.partialSign
      return send(
        { kind, withdrawTxid, lastTxid, coin, payoutHex: hex, family },
        () => build(lastTxid, coin, hex, options),
        options,
      )
    },
    done(withdrawTxid: string, completeTxid: string, options: CallOptions): Promise<string | null> {
      return send(
        { kind: 'done', withdrawTxid, lastTxid: completeTxid, coin, payoutHex: '', family },
        () => asset.markDone(completeTxid, coin, options),
        options,
      )
    },
  }
}

export type Posting = ReturnType<typeof createPosting>
