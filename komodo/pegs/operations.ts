/**
 * Fund, get, redeem: what the daemon leaves unchecked is checked before, the outcome is worked out exactly, and the chain
 * must say the same after it. Pure but for `operate`.
 */
import type { KomodoClient } from '../client.js'
import { coinsText } from '../tx/index.js'
import { fail, refuse } from './errors.js'
import type { AccountState } from './formulas.js'
import { viewOf, type HolderView, type Holding } from './holder.js'
import { inspectFund, inspectGet, inspectRedeem, type AccountIntent } from './inspect-account.js'
import { carry, type Writing } from './write.js'

export type Operation = { readonly do: 'fund' | 'get'; readonly sat: bigint } | { readonly do: 'redeem' }

export interface Outcome {
  readonly after: AccountState
  /** Tokens and coins of the holder's own that go (negative) or come. */
  readonly tokens: bigint
  readonly coins: bigint
  /** What its transaction names as its amount. */
  readonly amount: bigint
}

/** Own outputs that one redemption can take. */
const MOST_OUTPUTS = 64n
/** Below this a node takes no plain output, which the burnt debt is. */
export const DUST = 1_000n

/** What an operation will make of the account. Throws `E_PEGS_REFUSED` with the reason why it is not sent. */
export function outcomeOf(operation: Operation, view: HolderView, coinOutputs: readonly bigint[]): Outcome {
  const { deposit, debt } = view.account ?? { deposit: 0n, debt: 0n }
  switch (operation.do) {
    case 'fund': {
      const { sat } = operation
      if (sat <= 0n) throw refuse('an amount must be above 0: the daemon would build anything')
      if (view.unreadable !== null)
        throw refuse(
          `the token never has a price (${view.unreadable}): what is funded could not be redeemed again`,
        )
      if (view.tokens < sat)
        throw refuse(`you have ${coinsText(view.tokens)} tokens in blocks, not ${coinsText(sat)}`)
      return { after: { deposit: deposit + sat, debt }, tokens: -sat, coins: 0n, amount: sat }
    }
    case 'get': {
      const { sat } = operation
      if (sat < DUST) throw refuse(`less than ${coinsText(DUST)} coins is dust, which no node takes`)
      if (view.account === null || deposit === 0n)
        throw refuse('you have no tokens in an account: pegs fund first')
      if (view.price === 0n)
        throw refuse(
          `the token has no price${view.blocksLeft > 0 ? ` for ${view.blocksLeft} blocks more` : ''}`,
        )
      if (sat > view.mostToGet)
        throw refuse(`your account may owe 80 % of its worth: at most ${coinsText(view.mostToGet)} more`)
      return { after: { deposit, debt: debt + sat }, tokens: 0n, coins: sat, amount: sat }
    }
    case 'redeem': {
      if (view.account === null || (deposit === 0n && debt === 0n))
        throw refuse('you have no account to redeem')
      if (debt === 0n)
        throw refuse(
          'without a debt the redemption is dust, which no node takes: pegs get 0.001 first, then redeem',
        )
      checkCoins(debt, coinOutputs)
      return { after: { deposit: 0n, debt: 0n }, tokens: deposit, coins: -debt, amount: deposit }
    }
  }
}

/** The daemon takes at most 64 outputs, each of at least a 64th of the debt. */
export function checkCoins(debt: bigint, outputs: readonly bigint[]): void {
  const all = outputs.reduce((sum, sat) => sum + sat, 0n)
  if (all < debt) throw refuse(`you need ${coinsText(debt)} coins to pay the debt and have ${coinsText(all)}`)
  checkSizes(debt, outputs)
}

/** Only the second of both. */
export function checkSizes(sat: bigint, outputs: readonly bigint[]): void {
  const least = sat / MOST_OUTPUTS
  const usable = outputs.filter((output) => output >= least).sort((a, b) => (a > b ? -1 : 1))
  const taken = usable.slice(0, Number(MOST_OUTPUTS)).reduce((sum, output) => sum + output, 0n)
  if (taken < sat)
    throw refuse(
      `your ${outputs.length} outputs are too small: send ${coinsText(sat)} coins to yourself in one payment first`,
    )
}

/** Outputs of the own wallet that can be spent, satoshis. */
export async function ownOutputs(
  client: KomodoClient,
  given: { readonly signal: AbortSignal },
): Promise<bigint[]> {
  const owned = await client.unspent(0, undefined, given)
  return owned.filter(({ spendable }) => spendable).map(({ sat }) => sat)
}

export interface Operating extends Writing, Holding {}

/** What a check needs before anything is written down. */
export type Asking = Holding & Pick<Writing, 'client' | 'signal'>

/** One operation on the own account, to its block and checked there. Given again after a crash it goes on. */
export async function operate(operating: Operating, operation: Operation) {
  const { client, journal, signal, peg, token, pubkey } = operating
  const given = { signal }
  if (journal.write(operation.do) === null) {
    const view = await viewOf(client, { peg, token, pubkey }, given)
    const outcome = outcomeOf(operation, view, await ownOutputs(client, given))
    journal.learn(factsOf(outcome))
  }
  const outcome = outcomeIn(journal.state.facts)
  const intent = {
    pegsTxid: peg.pegsTxid,
    tokenId: token.tokenId,
    amount: outcome.amount,
    after: outcome.after,
  }
  const { txid } = await carry(operating, {
    id: operation.do,
    confirmations: 1,
    build: (height) => built(operating, { operation, intent, outcome }, { height, pubkey }),
  })
  const view = await viewOf(client, { peg, token, pubkey }, given)
  const { deposit, debt } = view.account ?? { deposit: 0n, debt: 0n }
  if (deposit !== outcome.after.deposit || debt !== outcome.after.debt)
    throw fail(
      'E_PEGS_DIFFERS',
      `after ${operation.do} (${txid}) the account has ${coinsText(deposit)} tokens and owes ${coinsText(debt)}, not ${coinsText(outcome.after.deposit)} and ${coinsText(outcome.after.debt)}`,
    )
  return { txid, outcome, view }
}

interface Asked {
  readonly operation: Operation
  readonly intent: AccountIntent
  readonly outcome: Outcome
}

async function built(
  { client, signal, peg: { pegsTxid }, token: { tokenId } }: Operating,
  { operation, intent, outcome }: Asked,
  around: { readonly height: number; readonly pubkey: string },
) {
  const given = { signal }
  switch (operation.do) {
    case 'fund':
      return inspectFund(await client.pegsFund(pegsTxid, tokenId, operation.sat, given), intent, around)
    case 'get':
      return inspectGet(await client.pegsGet(pegsTxid, tokenId, operation.sat, given), intent, around)
    case 'redeem':
      return inspectRedeem(
        await client.pegsRedeem(pegsTxid, tokenId, given),
        { ...intent, debt: -outcome.coins },
        around,
      )
  }
}

const FACTS = ['tokens', 'coins', 'amount'] as const

function factsOf(outcome: Outcome): Record<string, string> {
  const facts = Object.fromEntries(FACTS.map((name) => [name, outcome[name].toString()]))
  return { ...facts, deposit: outcome.after.deposit.toString(), debt: outcome.after.debt.toString() }
}

function outcomeIn(facts: Readonly<Record<string, string>>): Outcome {
  const of = (name: string) => BigInt(facts[name] ?? '0')
  return {
    after: { deposit: of('deposit'), debt: of('debt') },
    tokens: of('tokens'),
    coins: of('coins'),
    amount: of('amount'),
  }
}
