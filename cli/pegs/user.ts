/** `pegs deposit | fund | get | redeem | withdraw` and what is looked at before: journeys that go on after a crash. */
import { renameSync } from 'node:fs'
import { join } from 'node:path'

import { isCoded } from '../../base/index.js'
import { problem, problemsError } from '../../config/index.js'
import {
  coinsText,
  coinsType,
  depositCoins,
  exchange,
  findPeg,
  liquidate,
  lockJournal,
  look,
  openJournal,
  operate,
  pegFamily,
  peekJournal,
  priceOf,
  ratioText,
  tokenOf,
  valueOf,
  viewOf,
  warningsOf,
  withdrawTokens,
  type Journal,
  type KomodoClient,
  type Peg,
  type PegToken,
} from '../../komodo/index.js'
import { EXIT } from '../program/context.js'
import { openResources, type Resources } from '../program/resources.js'
import { clientOf, openPlan, type Opened } from './create.js'
import { journalOf, type PegsContext, type UserWord } from './plan.js'

interface Holder {
  readonly opened: Opened
  readonly asset: KomodoClient
  readonly reference: KomodoClient
  readonly pubkey: string
  readonly peg: Peg
  readonly token: PegToken
}

/** Looks that many times faster at embedded daemons, which hang on purpose. */
const DEV_TIMEOUT_MS = 1_000

export async function use(context: PegsContext, word: UserWord, words: readonly string[]): Promise<number> {
  const resources = openResources()
  try {
    const amount = amountOf(word, words)
    const holder = await openHolder(context, resources)
    switch (word) {
      case 'info':
      case 'price':
        return await tellPeg(context, holder)
      case 'accounts':
        return await tellAccount(context, holder)
      case 'history':
        return await tellHistory(context, holder)
      case 'worst':
        return await tellWorst(context, holder)
      case 'watch':
        return await watch(context, holder)
      default:
        return await travel(context, { holder, word, amount, account: words[0] ?? '', resources })
    }
  } finally {
    await resources.close()
  }
}

/** Satoshis; -1n: as much as is allowed; null: the word takes no amount. */
function amountOf(word: UserWord, [text, ...rest]: readonly string[]): bigint | null {
  const wrong = (message: string) => problemsError([problem('E_CONFIG_ARGUMENT', message)])
  if (word === 'liquidate') {
    if (rest.length > 0 || !/^[0-9a-fA-F]{64}$/.test(text ?? ''))
      throw wrong('pegs liquidate needs the id of an account: 64 hex digits, see pegs worst')
    return null
  }
  if (!['deposit', 'fund', 'get', 'exchange', 'withdraw'].includes(word)) {
    if (text !== undefined) throw wrong(`pegs ${word} takes no further argument`)
    return null
  }
  if (word === 'get' && text === 'max' && rest.length === 0) return MAX
  const sat = text === undefined ? undefined : coinsType(1n).parse(text)
  if (sat === undefined || rest.length > 0) throw wrong(`pegs ${word} needs an amount of coins, such as 1.5`)
  return sat
}

const MAX = -1n

async function openHolder(context: PegsContext, resources: Resources): Promise<Holder> {
  const { settings, signal } = context
  const opened = await openPlan(context, undefined, resources)
  const { plan, dev, dataDir } = opened
  const user = dev?.chains.user
  const timeoutMs = dev ? DEV_TIMEOUT_MS : undefined
  const asset = clientOf(user ? { ...plan.asset, ...user.asset } : plan.asset, resources, timeoutMs)
  const reference = clientOf(
    user ? { ...plan.reference, ...user.reference } : plan.reference,
    resources,
    timeoutMs,
  )
  const pubkey = user?.pubkey ?? plan.pubkey
  await pegFamily(asset.rpc, 'user', { signal })
  const { pubkey: started } = await asset.nodeInfo({ signal })
  if (started !== pubkey)
    throw problemsError([
      problem(
        'E_CONFIG_VALUE',
        `${asset.name} was started with -pubkey=${started ?? ''}, the plan says ${pubkey}`,
      ),
    ])
  const pegsTxid = plan.pegsTxid ?? peekJournal(journalOf(dataDir, plan))?.facts['pegsTxid']
  if (pegsTxid === undefined)
    throw problemsError([
      problem('E_CONFIG_MISSING', 'the plan names no peg: give pegsTxid in it, or create one first'),
    ])
  if (dev) await dev.welcome()
  const peg = await findPeg(asset, pegsTxid, { signal })
  return { opened, asset, reference, pubkey, peg, token: tokenOf(peg, settings['pegs.gateway']) }
}

interface Journey {
  readonly holder: Holder
  readonly word: UserWord
  readonly amount: bigint | null
  /** Whose account is liquidated, by its latest transaction. */
  readonly account: string
  readonly resources: Resources
}

/** A journey with a journal of its own; one that was cut off goes on, and only with its own amount. */
async function travel(
  context: PegsContext,
  { holder, word, amount, account, resources }: Journey,
): Promise<number> {
  const { output, settings, signal } = context
  const { opened, asset, pubkey, peg, token } = holder
  const view = await viewOf(asset, { peg, token, pubkey }, { signal })
  const sat = amount === MAX ? view.mostToGet : (amount ?? 0n)
  const file = join(opened.dataDir, 'pegs', opened.plan.asset.name, 'journeys', `${word}-${token.name}.json`)
  const subject = `${word} ${peg.pegsTxid} ${amount === MAX ? 'max' : coinsText(sat)} ${pubkey}${word === 'liquidate' ? ` ${account}` : ''}`
  const begun = peekJournal(file)
  if (begun !== null && begun.subject !== subject)
    throw problemsError([
      problem(
        'E_CONFIG_ARGUMENT',
        `an earlier pegs ${word} is not finished (${begun.subject.split(' ')[2]} coins): give that first`,
      ),
    ])
  resources.add(lockJournal(file))
  const journal = openJournal(file, subject)
  if (settings['feed.dryRun']) {
    output.line(
      ` ${word} ${coinsText(sat)}: ratio ${ratioText(view.account?.debt ?? 0n, valueOf(view.account?.deposit ?? 0n, view.price))}, at most ${coinsText(view.mostToGet)} more`,
    )
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
  await walk(context, { holder, word, sat: BigInt(journal.fact('sat') ?? sat), account, journal })
  renameSync(
    file,
    `${file.slice(0, -'.json'.length)}-${Object.values(journal.state.writes).at(-1)?.txid.slice(0, 12)}.json`,
  )
  return EXIT.done
}

interface Walk {
  readonly holder: Holder
  readonly word: UserWord
  readonly sat: bigint
  readonly account: string
  readonly journal: Journal
}

async function walk(context: PegsContext, { holder, word, sat, account, journal }: Walk): Promise<void> {
  const { output, signal } = context
  const { opened, asset, reference, pubkey, peg, token } = holder
  journal.learn({ sat: sat.toString() })
  const step = (name: string, txid: string | null): void => {
    output.event({ event: 'pegs.step', command: word, step: name, txid, amount: coinsText(sat) })
    output.line(` ${name.padEnd(20)}${txid ?? ''}`)
  }
  const writing = {
    client: asset,
    journal,
    signal,
    pause: opened.pause,
    tell: ({ id, txid, stage }: { id: string; txid: string; stage: string }) => {
      if (stage !== 'built') step(`${id} ${stage}`, txid)
    },
  }
  if (word === 'deposit') {
    const balance = await depositCoins({ ...writing, reference, token, pubkey, step }, sat)
    return output.line(` you have ${coinsText(balance)} tokens`)
  }
  if (word === 'withdraw') {
    const paid = await withAnotherStart(opened, () =>
      withdrawTokens({ ...writing, reference, token, pubkey, step }, sat),
    )
    output.event({
      event: 'pegs.paid',
      withdrawtxid: paid.withdrawTxid,
      txid: paid.payoutTxid,
      amount: coinsText(paid.sat),
    })
    return output.line(` paid ${coinsText(paid.sat)} ${token.gateway.coin}`)
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

async function tellPeg({ output, signal }: PegsContext, { asset, peg }: Holder): Promise<number> {
  const totals = await asset.pegTotals(peg.pegsTxid, { signal })
  for (const token of peg.tokens) {
    const { price, market, blocksLeft, height } = await priceOf(asset, token, { signal })
    const total = totals.tokens.find(({ token: name }) => name === token.name)
    const [deposit, debt] = [total?.deposit ?? 0n, total?.debt ?? 0n]
    output.event({
      ...{ event: 'pegs.price', token: token.name, expression: token.price, height, blocksLeft },
      ...{
        price: coinsText(price),
        market: coinsText(market),
        deposit: coinsText(deposit),
        debt: coinsText(debt),
      },
      ...{ bindtxid: token.bindTxid, address: token.gateway.deposit },
    })
    const soon =
      blocksLeft > 0
        ? `no price for ${blocksLeft} blocks more`
        : `${coinsText(price)} (the market says ${coinsText(market)})`
    output.line(` ${output.paint('bold', token.name)}  ${soon}`)
    output.line(
      `   deposited ${coinsText(deposit)}, owed ${coinsText(debt)}; deposits go to ${token.gateway.deposit}`,
    )
  }
  output.event({ event: 'pegs.info', pegstxid: peg.pegsTxid, globalRatio: totals.globalRatio })
  output.line(` the whole peg owes ${totals.globalRatio} of what it holds`)
  return EXIT.done
}

async function tellAccount({ output, signal }: PegsContext, { asset, peg, pubkey }: Holder): Promise<number> {
  for (const token of peg.tokens) {
    const view = await viewOf(asset, { peg, token, pubkey }, { signal })
    const { deposit, debt } = view.account ?? { deposit: 0n, debt: 0n }
    const ratio = ratioText(debt, valueOf(deposit, view.price))
    output.event({
      ...{
        event: 'pegs.account',
        token: token.name,
        deposit: coinsText(deposit),
        debt: coinsText(debt),
        ratio,
      },
      ...{
        mostToGet: coinsText(view.mostToGet),
        tokens: coinsText(view.tokens),
        coins: coinsText(view.coins),
      },
    })
    output.line(
      ` ${output.paint('bold', token.name)}  ${coinsText(deposit)} deposited, ${coinsText(debt)} owed, ratio ${ratio}`,
    )
    output.line(
      `   at most ${coinsText(view.mostToGet)} more; free: ${coinsText(view.tokens)} tokens, ${coinsText(view.coins)} coins`,
    )
  }
  return EXIT.done
}

/** Looks again and again; with --once, once. Nothing is done about what it sees. */
async function watch(
  { output, settings, signal }: PegsContext,
  { asset, peg, pubkey, opened }: Holder,
): Promise<number> {
  while (!signal.aborted) {
    for (const token of peg.tokens) {
      const seen = await look(asset, { peg, token, pubkey }, { signal })
      const { view, ratio, global, victims, open, poolOutputs } = seen
      const prices = { price: coinsText(view.price), market: coinsText(view.market), height: view.height }
      const bad = victims.map(({ txid, ratio: at, gain }) => ({
        txid,
        ratio: at,
        profit: gain && coinsText(gain.profit),
      }))
      output.event({
        event: 'pegs.watch',
        token: token.name,
        ratio,
        global,
        ...prices,
        poolOutputs,
        liquidation: open,
        accounts: bad,
      })
      output.line(
        ` ${String(view.height).padStart(6)}  ${token.name}  price ${prices.price}, market ${prices.market}, own ratio ${ratio}, whole peg ${global}, ${victims.length} accounts above 90 %`,
      )
      for (const { level, what, message } of warningsOf(seen)) {
        output.event({ event: 'pegs.alert', token: token.name, level, what, message })
        output.line(`         ${output.paint('yellow', message)}`)
      }
    }
    if (settings['feed.once']) return EXIT.done
    await opened.pause()
  }
  return EXIT.interrupted
}

/** Each transaction once: the daemon may name one twice. */
async function tellHistory({ output, signal }: PegsContext, { asset, peg }: Holder): Promise<number> {
  const all = await asset.pegHistory(peg.pegsTxid, { signal })
  for (const event of new Map(all.map((each) => [each.txid, each])).values()) {
    const { action, amount, txid, token, deposit, debt } = event
    const name = action === '' ? 'exchange' : action
    output.event({
      event: 'pegs.history',
      action: name,
      txid,
      token,
      amount: coinsText(amount),
      deposit: coinsText(deposit),
      debt: coinsText(debt),
    })
    output.line(` ${name.padEnd(10)}${token.padEnd(8)}${coinsText(amount).padStart(20)}  ${txid}`)
  }
  return EXIT.done
}

async function tellWorst({ output, signal }: PegsContext, { asset, peg }: Holder): Promise<number> {
  const bad = await asset.worstAccounts(peg.pegsTxid, { signal })
  for (const token of peg.tokens) {
    const { price } = await priceOf(asset, token, { signal })
    for (const { txid, deposit, debt } of bad.filter((account) => account.token === token.name)) {
      const ratio = ratioText(debt, valueOf(deposit, price))
      output.event({
        event: 'pegs.worst',
        token: token.name,
        txid,
        deposit: coinsText(deposit),
        debt: coinsText(debt),
        ratio,
      })
      output.line(
        ` ${ratio.padStart(8)}  ${token.name.padEnd(8)}${coinsText(deposit).padStart(20)} for ${coinsText(debt)}  ${txid}`,
      )
    }
  }
  if (bad.length === 0) output.line(' no account is above 90 %')
  return EXIT.done
}
