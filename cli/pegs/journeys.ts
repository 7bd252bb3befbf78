/** `pegs deposit | fund | get | redeem | exchange | liquidate | withdraw`: journeys that go on after a crash. */
import { renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'

import { isCoded } from '../../base/index.js'
import { wrongArgument } from '../../config/index.js'
import {
  coinsText,
  depositCoins,
  exchange,
  liquidate,
  lockJournal,
  openJournal,
  operate,
  peekJournal,
  tellingPause,
  tokenOf,
  viewOf,
  withdrawTokens,
  type Journal,
  type PegToken,
  type WriteEvent,
} from '../../komodo/index.js'
import { EXIT } from '../program/context.js'
import type { Resources } from '../program/resources.js'
import type { Opened } from './create.js'
import { rehearse } from './dry-run.js'
import type { Holder } from './holder.js'
import { journeysOf, type PegsContext, type UserWord } from './plan.js'

/** The amount that stands for as much as is allowed. */
export const MOST = -1n

interface Journey {
  readonly holder: Holder
  readonly word: UserWord
  readonly amount: bigint | null
  /** Whose account is liquidated, by its latest transaction. */
  readonly account: string
  readonly resources: Resources
}

/** Makes a journey with a journal of its own; one that was cut off goes on, and only with its own amount. */
export async function travel(
  context: PegsContext,
  { holder, word, amount, account, resources }: Journey,
): Promise<number> {
  const { output, settings, signal } = context
  const { opened, asset, pubkey, peg } = holder
  const token = tokenOf(peg, settings['pegs.gateway'])
  const view = await viewOf(asset, { peg, token, pubkey }, { signal })
  const sat = amount === MOST ? view.mostToGet : (amount ?? 0n)
  // The name is the chain's to say, and may be no name of a file.
  const file = join(journeysOf(opened.dataDir, opened.plan), `${word}-${encodeURIComponent(token.name)}.json`)
  const subject = `${word} ${peg.pegsTxid} ${amount === MOST ? 'max' : coinsText(sat)} ${pubkey}${word === 'liquidate' ? ` ${account}` : ''}`
  resources.add(lockJournal(file))
  const begun = peekJournal(file)
  const isBegun = begun !== null && Object.keys(begun.writes).length > 0
  if (isBegun && begun.subject !== subject)
    throw wrongArgument(
      `an earlier pegs ${word} is not finished (${begun.subject.split(' ')[2]} coins): give that first`,
    )
  // One that was refused before anything was built does not stand in the way of the next.
  if (!isBegun) rmSync(file, { force: true })
  const journal = openJournal(file, subject)
  if (settings['feed.dryRun']) {
    const text = await rehearse({ holder, token, view, word, sat, account: account.toLowerCase(), signal })
    output.line(` ${text}`)
    output.line(' Nothing stands against it. Nothing was sent.')
    output.event({
      event: 'pegs.step',
      command: word,
      step: 'dry-run',
      txid: null,
      amount: coinsText(sat),
      most: coinsText(view.mostToGet),
    })
    return EXIT.done
  }
  await walk(context, { holder, token, word, sat: BigInt(journal.fact('sat') ?? sat), account, journal })
  renameSync(
    file,
    `${file.slice(0, -'.json'.length)}-${Object.values(journal.state.writes).at(-1)?.txid.slice(0, 12)}.json`,
  )
  return EXIT.done
}

/** Before the ids of transactions. */
const LABEL = 11

/** Steps of a journey that its transactions do not tell. */
const STEP_TEXTS: Readonly<Record<string, string>> = {
  header: 'waits until the header of that block is published',
  request: 'written down before it is sent, since the daemon hangs now',
  requested: 'waits until the gateway pays',
}

interface Walk {
  readonly holder: Holder
  readonly token: PegToken
  readonly word: UserWord
  readonly sat: bigint
  readonly account: string
  readonly journal: Journal
}

async function walk(
  context: PegsContext,
  { holder, token, word, sat, account, journal }: Walk,
): Promise<void> {
  const { output, signal } = context
  const { opened, asset, reference, pubkey, peg } = holder
  journal.learn({ sat: sat.toString() })
  const tell = (name: string, txid: string | null): void =>
    output.event({ event: 'pegs.step', command: word, step: name, txid, amount: coinsText(sat) })
  const step = (name: string, txid: string | null): void => {
    tell(name, txid)
    const text = STEP_TEXTS[name]
    if (text !== undefined) output.line(` ${''.padEnd(LABEL)}${text}`)
  }
  const named = new Set<string>()
  const tellStill = (height: number, message: string): void => {
    output.event({ event: 'pegs.still', command: word, height, message })
    output.line(` ${''.padEnd(LABEL)}${output.paint('yellow', message)}`)
  }
  const writing = {
    client: asset,
    journal,
    signal,
    pause: tellingPause(asset, { pause: opened.pause, signal, tell: tellStill }),
    tell: ({ id, txid, stage, height }: WriteEvent) => {
      if (stage === 'built') return
      tell(`${id} ${stage}`, txid)
      if (!named.has(id)) output.line(` ${id.padEnd(LABEL)}${txid}`)
      named.add(id)
      if (stage === 'confirmed') output.line(` ${''.padEnd(LABEL)}in block ${height}`)
    },
  }
  if (word === 'deposit') {
    const balance = await depositCoins({ ...writing, reference, token, pubkey, step }, sat)
    return output.line(` you have ${coinsText(balance)} tokens`)
  }
  if (word === 'withdraw') {
    const paid = await withAnotherStart(opened, () =>
      withdrawTokens({ ...writing, pause: opened.pause, reference, token, pubkey, step }, sat),
    )
    output.event({
      event: 'pegs.paid',
      withdrawtxid: paid.withdrawTxid,
      txid: paid.payoutTxid,
      amount: coinsText(paid.sat),
    })
    output.line(` ${'paid'.padEnd(LABEL)}${paid.payoutTxid}`)
    return output.line(` ${''.padEnd(LABEL)}${coinsText(paid.sat)} ${token.gateway.coin} have arrived`)
  }
  if (word === 'exchange' || word === 'liquidate') {
    const operating = { ...writing, peg, token, pubkey }
    const traded =
      word === 'exchange' ? await exchange(operating, sat) : await liquidate(operating, account.toLowerCase())
    const facts = { coins: coinsText(traded.coins), tokens: coinsText(traded.tokens) }
    output.event({ event: 'pegs.done', command: word, txid: traded.txid, ...facts })
    return output.line(` ${coinsText(traded.tokens)} tokens for ${coinsText(-traded.coins)} coins`)
  }
  const operation = word === 'redeem' ? ({ do: 'redeem' } as const) : { do: word as 'fund' | 'get', sat }
  const { txid, outcome } = await operate({ ...writing, peg, token, pubkey }, operation)
  const { after, coins, tokens } = outcome
  output.event({
    ...{ event: 'pegs.done', command: word, txid, coins: coinsText(coins), tokens: coinsText(tokens) },
    ...{ deposit: coinsText(after.deposit), debt: coinsText(after.debt) },
  })
  output.line(` account: ${coinsText(after.deposit)} tokens, ${coinsText(after.debt)} coins owed`)
}

/** The embedded daemon is started again when it hangs; a real one by its operator. */
async function withAnotherStart<T>({ dev }: Opened, run: () => Promise<T>): Promise<T> {
  try {
    return await run()
  } catch (error) {
    if (dev === null || !isCoded(error) || error.code !== 'E_PEGS_OPERATOR') throw error
    await dev.chains.control.restart('asset', dev.chains.operators.length)
    return run()
  }
}
