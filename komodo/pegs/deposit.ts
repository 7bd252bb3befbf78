/**
 * From coins of the reference chain to tokens: sent, in a block, its header published, deposited, claimed. Every step can
 * be entered again from what is written down and from both chains, so that one deposit is claimed once.
 */
import type { KomodoClient } from '../client.js'
import { buildReason } from '../reasons.js'
import * as tx from '../tx/index.js'
import type { Inspected } from '../built.js'
import { fail, refuse } from './errors.js'
import type { PegToken } from './holder.js'
import { inspectClaim, inspectDeposit, type DepositIntent } from './inspect-account.js'
import { carry, type Writing } from './write.js'

export interface Depositing extends Writing {
  readonly reference: KomodoClient
  readonly token: PegToken
  readonly pubkey: string
  readonly step: (step: DepositStep, txid: string | null) => void
}

export type DepositStep = 'send' | 'mined' | 'header' | 'deposit' | 'claim' | 'tokens'

/** Coins that name the depositor's key; of any worth above dust. */
const NAME_SAT = 10_000n
const FEE = 10_000n
/** Less is not worth two transactions, and cannot be paid back. */
const LEAST = 100_000n
/** Where the outputs stand: gateways look at the first two only. */
const CLAIM_VOUT = 0
/** Blocks that the reference transaction waits for before it is dead. */
const EXPIRY = 200
/** Of what a block made, before it can be spent. */
const MATURITY = 100

export async function depositCoins(depositing: Depositing, sat: bigint): Promise<bigint> {
  const { client, reference, journal, signal, token, pubkey, step } = depositing
  const given = { signal }
  const own = tx.pubkeyAddress(pubkey, token.gateway.versions)
  if (journal.write('send') === null) await mayDeposit(depositing, sat)
  const before =
    journal.fact('before') ?? (await client.tokenBalance(token.tokenId, pubkey, given)).toString()
  journal.learn({ before })
  const sent = await carry(
    { ...depositing, client: reference },
    { id: 'send', confirmations: 1, build: () => payment(depositing, { sat, own }) },
  )
  step('mined', sent.txid)
  const { bindTxid } = token
  const depositTxid = await handIn(depositing, { sat, coinTxid: sent.txid })
  step('deposit', depositTxid)
  const { coin } = token.gateway
  while (!(await isConfirmed(depositing, depositTxid))) {
    if (await isClaimed(depositing, depositTxid))
      throw refuse(`the deposit ${depositTxid} was claimed before: its tokens came then`)
    await depositing.pause()
  }
  const claim = { bindTxid, tokenId: token.tokenId, coin, depositTxid, amount: sat }
  const claimed = await carry(depositing, {
    id: 'claim',
    confirmations: 1,
    build: async (height) => {
      const hex = await client.gatewayClaim({ bindTxid, coin, depositTxid, pubkey, sat }, given)
      return inspectClaim(hex, claim, { height, pubkey })
    },
  })
  step('claim', claimed.txid)
  const balance = await client.tokenBalance(token.tokenId, pubkey, given)
  if (balance < BigInt(before) + sat)
    throw fail('E_PEGS_DIFFERS', `after the claim ${claimed.txid} you have ${tx.coinsText(balance)} tokens`)
  step('tokens', null)
  return balance
}

/** Throws `E_PEGS_REFUSED`: what the daemon would lose, or find out only when the coins are gone. */
export async function mayDeposit(
  {
    client,
    reference,
    token,
    pubkey,
    signal,
  }: Pick<Depositing, 'client' | 'reference' | 'token' | 'pubkey' | 'signal'>,
  sat: bigint,
): Promise<void> {
  const own = tx.pubkeyAddress(pubkey, token.gateway.versions)
  const given = { signal }
  const { deposit, remaining, oracleTxid, pubkeys, coin } = await client.gatewayInfo(token.bindTxid, given)
  if (sat < LEAST) throw refuse(`less than ${tx.coinsText(LEAST)} ${coin} cannot be withdrawn again`)
  if (deposit === own)
    throw refuse('the deposit address is your own: a gateway with your key alone cannot tell the two apart')
  if (remaining !== null && remaining < sat)
    throw refuse(
      `the gateway has ${tx.coinsText(remaining)} tokens left, so ${tx.coinsText(sat)} could not be claimed`,
    )
  const oracle = await client.oracleInfo(oracleTxid, given)
  if (oracle.name !== coin)
    throw refuse(`the oracle is called ${oracle.name}, not ${coin}: no deposit would be accepted`)
  if (!oracle.registered.some(({ publisher }) => pubkeys.includes(publisher)))
    throw refuse('no publisher of the gateway is registered: no header would come')
  if (!(await reference.address(own, given)).mine)
    throw fail('E_PEGS_DAEMON', `${reference.name} lacks the key of ${own}: importprivkey there`)
}

/** Marker, deposit, change, in this order; signed by the wallet, and nothing but what was asked for. */
async function payment(
  { reference, token, signal }: Depositing,
  { sat, own }: { sat: bigint; own: string },
): Promise<Inspected> {
  const given = { signal }
  const { versions, deposit } = token.gateway
  const need = sat + NAME_SAT + FEE
  const coins = await coinsFor(reference, need, given)
  const total = coins.reduce((sum, coin) => sum + coin.sat, 0n)
  const script = (address: string) => tx.addressScript(tx.readAddress(address, versions))
  const change = total - need
  const outputs = [
    { value: NAME_SAT, script: script(own) },
    { value: sat, script: script(deposit) },
    ...(change > NAME_SAT ? [{ value: change, script: script(own) }] : []),
  ]
  const { blocks } = await reference.chainInfo(given)
  const inputs = coins.map(({ txid, vout }) => ({ txid, vout, script: '', sequence: 0xffffffff }))
  const unsigned = tx.saplingTransaction(inputs, outputs, { expiryHeight: blocks + EXPIRY })
  const { hex, complete } = await reference.signRaw(tx.encodeTransaction(unsigned), given)
  const signed = tx.decodeTransaction(hex)
  const bare = tx.withScripts(
    signed,
    signed.inputs.map(() => ''),
  )
  if (!complete || tx.encodeTransaction(bare) !== tx.encodeTransaction(unsigned))
    throw fail('E_PEGS_DAEMON', `${reference.name} did not sign the payment as it was made`)
  return { txid: tx.txidOf(hex), hex, tx: signed }
}

async function coinsFor(reference: KomodoClient, need: bigint, given: { signal: AbortSignal }) {
  const all = await reference.unspent(1, undefined, given)
  const usable = all
    .filter(({ spendable, coinbase, confirmations }) => spendable && (!coinbase || confirmations >= MATURITY))
    .sort((a, b) => (a.sat > b.sat ? -1 : 1))
  const taken: typeof usable = []
  for (const coin of usable) {
    if (taken.reduce((sum, { sat }) => sum + sat, 0n) >= need) break
    taken.push(coin)
  }
  const sum = taken.reduce((total, { sat }) => total + sat, 0n)
  if (sum >= need) return taken
  throw refuse(`${reference.name} has ${tx.coinsText(sum)} coins for ${tx.coinsText(need)}`)
}

/** The deposit on the asset chain: waits for the header, and is made once for a payment, by whichever program. */
async function handIn(
  depositing: Depositing,
  { sat, coinTxid }: { sat: bigint; coinTxid: string },
): Promise<string> {
  const { client, journal, signal, pubkey, step, pause } = depositing
  if (journal.write('deposit') === null) {
    const found = await depositedBefore(depositing, coinTxid)
    if (found !== null) return found
  }
  let isTold = false
  const build = async (height: number): Promise<Inspected> => {
    for (;;) {
      const intent = await intentOf(depositing, { sat, coinTxid })
      const { bindTxid, coin, height: at, claimVout, depositHex, proof } = intent
      const facts = { bindTxid, height: at, coin, coinTxid, claimVout, hex: depositHex, proof, pubkey, sat }
      try {
        const hex = await client.gatewayDeposit(facts, { signal })
        return inspectDeposit(hex, intent, { height, pubkey })
      } catch (error) {
        // The header is not published yet, or the block was replaced.
        if (buildReason(error) !== 'no-header') throw error
        if (!isTold) step('header', null)
        isTold = true
        await pause()
      }
    }
  }
  return (await carry(depositing, { id: 'deposit', confirmations: 1, build })).txid
}

/** Everything that proves the payment, read anew: a reorganisation may have moved it. */
async function intentOf(
  { reference, token, signal, pause }: Depositing,
  { sat, coinTxid }: { sat: bigint; coinTxid: string },
): Promise<DepositIntent> {
  const given = { signal }
  for (;;) {
    const known = await reference.transaction(coinTxid, given)
    if (known && known.height !== null) {
      const proof = await reference.proofOf(coinTxid, await reference.blockHash(known.height, given), given)
      if (proof !== null)
        return {
          ...{ bindTxid: token.bindTxid, coin: token.gateway.coin, height: known.height, coinTxid },
          ...{ claimVout: CLAIM_VOUT, depositHex: known.hex, proof, amount: sat },
        }
    }
    await pause()
  }
}

/** A deposit of the same payment that stands on the chain: the daemon would take it a second time. */
async function depositedBefore({ client, signal }: Depositing, coinTxid: string): Promise<string | null> {
  const [found] = await client.utxos(tx.markerAddress(coinTxid), false, { signal })
  return found?.txid ?? null
}

/** A deposit in a block whose output for its claim is spent: pending ones are listed, and it is none any more. */
async function isClaimed({ client, signal }: Depositing, depositTxid: string): Promise<boolean> {
  const known = await client.transaction(depositTxid, { signal })
  if (known === null || known.confirmations < 1) return false
  return !(await client.isUnspent({ txid: depositTxid, vout: CLAIM_VOUT }, { signal }))
}

async function isConfirmed(
  { client, token, signal, journal }: Depositing,
  depositTxid: string,
): Promise<boolean> {
  if (journal.write('claim') !== null) return true
  const pending = await client.pendingDeposits(token.bindTxid, token.gateway.coin, { signal })
  return pending.some((item) => item.depositTxid === depositTxid && item.confirmed)
}
