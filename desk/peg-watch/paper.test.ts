/** A paper account: what is booked when, by hand; and after a crash at any step of it. The page that shows it. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'

import { isCoded } from '../../base/index.js'
import { limitsOf, shownWith, usd, WITH_BANK } from './fixtures/shown.js'
import { newPaper, paperStep, type PaperAccount, type PaperTerms } from './paper.js'
import { openPaper } from './paper-file.js'
import { createPegWatchPages, lookNews } from './site.js'
import { readStage, STAGES, type Stage } from './stage.js'

const BLOCK = 600_000
/** Risks are not looked at here. */
const limits = limitsOf({ window: 50 })
const at = (stage: Stage, blocks: number, more: object = {}): PaperTerms =>
  shownWith(stage, { limits, after: blocks * BLOCK, ...more })

const stepTexts = ({ events }: ReturnType<typeof paperStep>): string[] =>
  events.map(({ stage, trade }) => `${stage} ${trade.buy.token} ${trade.sell.token}`)

t.test('a trade from its purchase to its sale', (t) => {
  const steps = [0, 1, 2, 3, 4, 5, 5, 6].reduce<{ account: PaperAccount; steps: string[] }[]>(
    (list, blocks) => {
      const step = paperStep(list.at(-1)?.account ?? newPaper('dev', 1000), at(STAGES.A, blocks))
      return [...list, { account: step.account, steps: stepTexts(step) }]
    },
    [],
  )
  t.same(
    steps.map((step) => step.steps.join(', ')),
    [
      ...['bought pEUR pUSD', '', '', 'converted pEUR pUSD', ''],
      // While a trade is open nothing else is bought of the same orders; the next one comes with its end.
      ...['sold pEUR pUSD, bought pEUR pUSD', '', ''],
    ],
  )
  const [first, , , third] = steps
  t.equal(usd(first?.account.cash ?? 0n), '223.45', '1000 less 776.55')
  t.equal(usd(first?.account.worth[0]?.money ?? 0n), '1023.45', '666.67 pEUR at 1.20')
  t.match(third?.account.open[0], { convertedAt: Number, left: { output: 79_999_999_999n, refund: 0n } })
  const { account } = steps.at(-1)!
  t.equal(usd(account.gained), '19.85')
  t.match(account, { count: 1, done: { length: 1 }, open: { length: 1 }, worth: { length: 7 } })
  t.equal(usd(account.cash), '243.30', '1000 and 19.85, less 776.55')
  t.end()
})

t.test('one trade a block, at markets where none is open', (t) => {
  const stage = readStage({
    tokens: { pUSD: {}, pJPY: {}, pEUR: { premium: -5 }, pXBT: { premium: -4 } },
  })
  if ('problems' in stage) throw new Error('the script is right')
  const texts = [0, 0, 1, 1, 2].reduce<{ account: PaperAccount; steps: string[] }[]>((list, blocks) => {
    const step = paperStep(list.at(-1)?.account ?? newPaper('dev', 10_000), at(stage.value, blocks))
    return [...list, { account: step.account, steps: stepTexts(step) }]
  }, [])
  t.same(
    texts.map(({ steps }) => steps.join()),
    ['bought pEUR pUSD', '', 'bought pXBT pJPY', '', ''],
  )
  t.end()
})

t.test('less cash than the books would take', (t) => {
  const { account } = paperStep(newPaper('dev', 100), at(STAGES.A, 0))
  t.equal(usd(account.cash), '0.00')
  t.equal(account.open[0]?.cost.toString().length, 18, 'some 100 USD')
  const poor = paperStep(newPaper('dev', 5), at(STAGES.A, 0))
  t.same(stepTexts(poor), [], 'what would gain less than a dollar is left')
  t.end()
})

t.test('what the bank gives back, and what is not bid for', (t) => {
  const rules = limitsOf({ least: 0, most: 100, window: 50 })
  const look = (blocks: number, stage: Stage = STAGES.C) =>
    at(stage, blocks, { height: WITH_BANK, limits: rules })
  // A trade into PEG as if there were no bank: 100 USD of pXBT become 5000 PEG, the rest is given back.
  const trade = {
    buy: { exchange: 'kraken', symbol: 'PXBT/USD', token: 'pXBT' },
    sell: { exchange: 'gate', symbol: 'PEG/USDT', token: 'PEG' },
    ...{ boughtAt: look(0).look.height, input: 100_000n, cost: 942_000_000_000_000_000n },
    ...{ convertedAt: null, left: { output: 0n, refund: 0n }, proceeds: 0n, triedAt: look(0).look.height },
  }
  const begun = { ...newPaper('dev', 0.01), open: [trade], last: look(9).look.height }
  const converted = paperStep(begun, look(3)).account
  t.match(converted.open[0], { left: { output: 500_000_000_000n, refund: 90_000n } }, '10 USD, and 90 of 100')
  // pXBT is bid for at 0.94 x 0.999 and less, PEG at 0.999.
  const sold = paperStep(converted, look(5)).account
  t.match(sold, { open: [], count: 1 })
  t.equal(usd(sold.gained), (0.998 * (9.99 + 90 * 0.94 * 0.999) - 94.2).toFixed(2))
  // Without an order book it waits; with a smaller one it is sold in parts, once a block.
  const none = readStage({ tokens: { pXBT: { premium: -6, depth: 160 } } })
  if ('problems' in none) throw new Error('the script is right')
  const waits = paperStep(converted, look(5, none.value)).account
  t.match(waits.open[0], { left: { output: 500_000_000_000n, refund: 0n } })
  const small = readStage({ tokens: { pXBT: { premium: -6, depth: 60 } } })
  if ('problems' in small) throw new Error('the script is right')
  const part = paperStep(converted, look(5, small.value)).account
  t.match(part.open[0], { left: { refund: 30_000n } }, '60 of 90 USD')
  t.match(
    paperStep(part, look(5, small.value)).account.open[0],
    { left: { refund: 30_000n } },
    'the same block',
  )
  t.match(paperStep(part, look(6, small.value)).account.open[0], { left: { refund: 0n } })
  const refused = paperStep(begun, at(STAGES.C, 3, { limits: rules })).account
  t.match(
    refused.open[0],
    { left: { output: 0n, refund: 100_000n } },
    'what no rule allows stays what it was',
  )
  t.end()
})

t.test('whenever it is killed, what is booked is booked once', (t) => {
  const file = join(t.testdir(), 'paper.json')
  const looks = [0, 1, 3, 3, 4, 6, 7, 9, 11, 12].map((blocks) => at(STAGES.A, blocks))
  const contents: (string | null)[] = [null]
  const step = (terms: PaperTerms): void => {
    const paper = openPaper(file, 'dev', 1000)
    paper.save(paperStep(paper.account(), terms).account)
    paper.close()
  }
  for (const terms of looks) {
    step(terms)
    contents.push(readFileSync(file, 'utf8'))
  }
  const end = contents.at(-1)
  t.match(JSON.parse(end ?? ''), { count: 2, open: { length: 1 } })
  for (const [k, kept] of contents.entries()) {
    // Killed after the file was written, or before: the last look is made again.
    for (const from of [k, Math.max(0, k - 1)]) {
      if (kept === null) continue
      writeFileSync(file, kept)
      looks.slice(from).forEach(step)
      const { worth: _, ...now } = JSON.parse(readFileSync(file, 'utf8')) as PaperAccount
      const { worth: __, ...wanted } = JSON.parse(end ?? '') as PaperAccount
      t.same(now, wanted, `killed with look ${k}, gone on with ${from}`)
    }
  }
  t.end()
})

t.test('files that are none', (t) => {
  const dir = t.testdir({ 'text.json': 'x', 'list.json': '[]', 'old.json': '{"version":2}' })
  const code = (name: string, subject = 'dev'): string => {
    try {
      openPaper(join(dir, name), subject, 1).close()
      return ''
    } catch (error) {
      t.notMatch((error as Error).message, /\n/)
      return isCoded(error) ? `${error.code} ${error.message}` : String(error)
    }
  }
  for (const name of ['text', 'list', 'old'])
    t.match(code(`${name}.json`), /^E_PEG_WATCH_PAPER .* cannot be read: /, name)
  t.match(code('text.json/paper.json'), /^E_PEG_WATCH_PAPER .* cannot be written: /)
  const paper = openPaper(join(dir, 'good.json'), 'dev', 1)
  paper.save(newPaper('dev', 1))
  t.match(code('good.json'), /^E_PEG_WATCH_PAPER process \d+ keeps /)
  paper.close()
  t.equal(code('good.json'), '')
  t.match(code('good.json', 'MainNet'), /^E_PEG_WATCH_PAPER .* is about dev, not MainNet/)
  const text = readFileSync(join(dir, 'good.json'), 'utf8')
  writeFileSync(join(dir, 'good.json'), text.replace(/"capital": "\d+n"/, '"capital": "much"'))
  t.match(code('good.json'), /it is no paper account/)
  t.end()
})

t.test('the page, its files and its data', (t) => {
  let shown: object | null = null
  const pages = createPegWatchPages(() => shown)
  const ask = (path: string, known?: string) => pages(path, new URLSearchParams(), known)
  t.match(ask('/'), { status: 302, headers: { location: '/peg-watch' } })
  const page = ask('/peg-watch')
  t.match(page, {
    status: 200,
    type: /^text\/html/,
    headers: { 'content-security-policy': /default-src 'none'/ },
  })
  t.match(ask('/peg-watch', page?.headers['etag']), { status: 304, body: '' })
  const names = [...String(page?.body).matchAll(/"(\/peg-watch-page\/[^"]+)"/g)].map(([, name = '']) => name)
  t.equal(names.length, 3)
  for (const name of names) t.equal(ask(name)?.status, 200, name)
  t.notMatch(names.map((name) => String(ask(name)?.body)).join(''), /innerHTML|https?:\/\/(?!www\.w3\.org)/)
  for (const other of ['/peg-watch-page/', '/peg-watch-page/../site.js', '/peg-watch/x', '/metrics'])
    t.equal(ask(other), undefined, other)
  t.match(ask('/api/v1/peg-watch'), { status: 503 })
  const news = lookNews(() => shown)
  t.equal(news(false), null)
  shown = { height: 1 }
  t.match(ask('/api/v1/peg-watch'), { status: 200, body: '{"height":1}\n' })
  t.same([news(false), news(false), news(true)], [shown, null, shown])
  t.end()
})
