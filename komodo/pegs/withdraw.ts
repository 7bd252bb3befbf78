/**
 * From tokens back to coins of the reference chain. `gatewayswithdraw` leaves the daemon hanging whatever it answers, and
 * may put another user's key into the transaction: it is read and written down before anything else, then the daemon is
 * started again, then it is sent.
 */
import { messageOf } from '../../base/index.js'
import type { Inspected } from '../built.js'
import { isAway, type KomodoClient } from '../client.js'
import { inspectWithdraw } from '../inspect.js'
import { leastAmount, paysOut, payoutFee } from '../payout.js'
import * as tx from '../tx/index.js'
import { fail, refuse } from './errors.js'
import { watchfulPause } from './frozen.js'
import type { PegToken } from './holder.js'
import { ownOutputs } from './operations.js'
import { carry, type Writing } from './write.js'

export interface Withdrawing extends Writing {
  readonly reference: KomodoClient
  readonly token: PegToken
  readonly pubkey: string
  readonly step: (step: WithdrawStep, txid: string | null) => void
}

export type WithdrawStep = 'request' | 'requested' | 'paid'

export interface Paid {
  readonly withdrawTxid: string
  readonly payoutTxid: string
  /** What arrived. */
  readonly sat: bigint
}

const MARKER_LABEL = 'pegs withdrawal'

export async function withdrawTokens(withdrawing: Withdrawing, sat: bigint): Promise<Paid> {
  const { client, reference, journal, signal, token, pubkey, step } = withdrawing
  const given = { signal }
  const { bindTxid, tokenId, gateway } = token
  const { coin } = gateway
  if (journal.write('withdraw') === null) await mayWithdraw(withdrawing, sat)
  const intent = { bindTxid, coin, withdrawPubkey: pubkey, sat, tokenId }
  const pause = watchfulPause(client, {
    ...{ pause: withdrawing.pause, signal },
    // It may be frozen without another sign.
    onStill: () => {
      throw hanging(client)
    },
  })
  try {
    const { txid } = await carry(
      { ...withdrawing, pause },
      {
        id: 'withdraw',
        confirmations: 1,
        build: async (height) => {
          const hex = await client.gatewayWithdraw({ bindTxid, coin, pubkey, sat }, given)
          const built = inspected(client, () => inspectWithdraw(hex, intent, { height, pubkey }))
          // The marker of the payout can never be spent, so the payout is found even if its coins were.
          await reference.watch(tx.markerAddress(built.txid, gateway.versions), MARKER_LABEL, given)
          journal.learn({ hung: built.txid })
          step('request', built.txid)
          return built
        },
      },
    )
    step('requested', txid)
    return await awaitPayout(withdrawing, { sat, withdrawTxid: txid })
  } catch (error) {
    if (journal.write('withdraw') === null || !isAway(error)) throw error
    throw hanging(client)
  }
}

/** What is not what was asked for is not sent; the daemon hangs all the same. */
function inspected(client: KomodoClient, inspect: () => Inspected): Inspected {
  try {
    return inspect()
  } catch (cause) {
    const why = `${messageOf(cause)}. ${client.name} hangs now: kill it with SIGKILL, start it again, then give the command again`
    throw fail('E_PEGS_REFUSED', why, { cause })
  }
}

const hanging = (client: KomodoClient) =>
  fail(
    'E_PEGS_OPERATOR',
    `${client.name} hangs, as it does after every gatewayswithdraw: kill it with SIGKILL, start it again, then give the command again; the request is written down and is sent then`,
  )

/** Throws `E_PEGS_REFUSED`: the daemon hangs after the call, whatever it answers. */
export async function mayWithdraw(
  withdrawing: Pick<Withdrawing, 'client' | 'token' | 'pubkey' | 'signal'>,
  sat: bigint,
): Promise<void> {
  const { client, token, pubkey, signal } = withdrawing
  const given = { signal }
  const { tokenId, gateway } = token
  const least = leastAmount(payoutFee(gateway.coin))
  if (sat < least) throw refuse(`less than ${tx.coinsText(least)} would be used up by the fees`)
  const balance = await client.tokenBalance(tokenId, pubkey, given)
  if (balance < sat)
    throw refuse(`you have ${tx.coinsText(balance)} tokens in blocks, not ${tx.coinsText(sat)}`)
  if (gateway.pubkeys.length === 1 && gateway.pubkeys[0] === pubkey)
    throw refuse('the gateway would pay its own address: nothing would leave it')
  const coins = await ownOutputs(client, given)
  if (coins.reduce((sum, coin) => sum + coin, 0n) < FEES)
    throw refuse(`you need ${tx.coinsText(FEES)} coins for the fees: the daemon would hang for nothing`)
  await refuseBeside(withdrawing)
}

/** What the request and its marker cost on the asset chain. */
const FEES = 20_000n

/** One withdrawal of a gateway at a time; with one of another gateway under way, its key would get into this one. */
async function refuseBeside({ client, token, signal }: Pick<Withdrawing, 'client' | 'token' | 'signal'>) {
  const given = { signal }
  for (const bindTxid of await client.gatewayList(given)) {
    const items = await pendingOf(client, bindTxid, given).catch((error: unknown) => {
      // A stranger's gateway that cannot be read stops no withdrawal: what the daemon builds is read before it is sent.
      if (isAway(error) || bindTxid === token.bindTxid) throw error
      return []
    })
    const [first] = items
    if (first === undefined) continue
    throw refuse(
      bindTxid === token.bindTxid
        ? `a withdrawal of this gateway is under way (${first.withdrawTxid}): the daemon would hang for nothing; try again when it is signed`
        : `a withdrawal of the gateway ${bindTxid} is under way, and the daemon would pay yours to its key; try again when it is signed`,
    )
  }
}

async function pendingOf(client: KomodoClient, bindTxid: string, given: { readonly signal: AbortSignal }) {
  const { coin } = await client.gatewayInfo(bindTxid, given)
  return (await client.pendingWithdrawals('A', bindTxid, coin, given)).items
}

/** The payout on the reference chain, as the gateway owes it: two fees less. */
async function awaitPayout(
  { reference, token, pubkey, signal, step, pause }: Withdrawing,
  { sat, withdrawTxid }: { readonly sat: bigint; readonly withdrawTxid: string },
): Promise<Paid> {
  const given = { signal }
  const { versions, coin, deposit } = token.gateway
  const fee = payoutFee(coin)
  const payAddress = tx.pubkeyAddress(pubkey, versions)
  const markerAddress = tx.markerAddress(withdrawTxid, versions)
  const intent = { payAddress, markerAddress, depositAddress: deposit, amount: sat, fee, versions }
  const others = new Set<string>()
  for (;;) {
    const found = await reference.unspent(1, [payAddress, markerAddress], given)
    for (const { txid, sat: value } of found) {
      if (others.has(txid) || (value !== sat - 2n * fee && value !== fee)) continue
      const known = await reference.transaction(txid, given)
      if (!known) continue
      others.add(txid)
      if (!paysOut(tx.decodeTransaction(known.hex), intent)) continue
      step('paid', txid)
      return { withdrawTxid, payoutTxid: txid, sat: sat - 2n * fee }
    }
    await pause()
  }
}
