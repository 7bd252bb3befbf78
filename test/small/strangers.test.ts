/**
 * Programs of others on the embedded chain: what pegnetd and pegnet asked of it while our miner mined, and what
 * they made of it. `fixtures/README.md` says where it is from.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'

import t from 'tap'

import { createFactomClient } from '../../factom/index.js'
import { startDevChain } from '../../factom/dev/index.js'
import { openDirectory } from '../../factom/dev/store/directory.js'
import { createHasher, lxrParams, openByteMap } from '../../lxrhash/index.js'
import { ASSETS, gradeBlock, noWinners, oprChainId } from '../../oracle/index.js'
import { networkOf } from '../../pegnet/index.js'
import { shape } from '../factomd/node.js'

interface Call {
  /** Bodies, as they were. */
  readonly request: string
  readonly status: number
  readonly reply: string
}

interface Recording {
  /** Files of the chain's directory, from height 1. */
  readonly blocks: readonly { readonly height: number }[]
  readonly calls: readonly (Call & { readonly from: 'pegnetd' | 'pegnet' })[]
  /** What pegnet's miner sent in minute 9 of a block, and asked before. */
  readonly submitted: { readonly atMs: number; readonly calls: readonly Call[] }
  /** What it asked of the wallet. */
  readonly wallet: readonly Call[]
  /** By height, of the graded blocks: entry hash and payout of each place; rates by ticker. */
  readonly judged: {
    readonly winners: Readonly<Record<string, readonly (readonly [hash: string, payout: number])[]>>
    readonly rates: Readonly<Record<string, Readonly<Record<string, number>>>>
  }
}

/** What goes by the clock, or by how far the chain has got since. */
const MOVING = new Set(['current-minute', 'heights', 'chain-head'])

const { blocks, calls, submitted, wallet, judged } = JSON.parse(
  gunzipSync(readFileSync(join(import.meta.dirname, '../fixtures', 'strangers.json.gz'))).toString(),
) as Recording

/** A chain whose saved blocks are those of the recording. */
async function recordedChain(t: { testdir(): string; teardown(work: () => Promise<void>): unknown }) {
  const dataDir = t.testdir()
  openDirectory(dataDir)
  for (const block of blocks)
    writeFileSync(
      join(dataDir, 'blocks', `${String(block.height).padStart(9, '0')}.json`),
      `${JSON.stringify(block)}\n`,
    )
  const chain = await startDevChain({ dataDir, blockSeconds: 60, manual: true, fund: 0 })
  t.teardown(() => chain.close())
  return chain
}

t.test('their requests get the same replies again', async (t) => {
  const chain = await recordedChain(t)
  t.equal(chain.savedHeight, blocks.length)
  const asked = new Set<string>()
  for (const { from, request, status, reply } of calls) {
    const response = await fetch(`${chain.url}/v2`, { method: 'POST', body: request })
    const text = await response.text()
    const { method } = JSON.parse(request) as { method: string }
    asked.add(`${from} ${method}`)
    t.equal(response.status, status)
    if (MOVING.has(method)) t.equal(shape(JSON.parse(text)), shape(JSON.parse(reply)), request)
    else t.strictSame(JSON.parse(text), JSON.parse(reply), request)
  }
  t.strictSame(
    [...asked].sort(),
    [
      'pegnet chain-head',
      'pegnet current-minute',
      'pegnet entry',
      'pegnet entry-block',
      'pegnet fblock-by-height',
      'pegnet heights',
      'pegnet transaction',
      'pegnetd dblock-by-height',
      'pegnetd heights',
      'pegnetd raw-data',
    ],
    'all that they ask while they follow',
  )
})

t.test('their winners, payouts and rates are ours', async (t) => {
  const chain = await recordedChain(t)
  const client = createFactomClient({ url: chain.url })
  t.teardown(() => client.close())
  const map = await openByteMap(lxrParams({ bits: 16 }), { dir: t.testdir({}), slots: 1 })
  const hasher = createHasher(map, 0)
  const oprChain = oprChainId(networkOf('dev'))
  let previousWinners = noWinners(5)
  let graded = 0
  for (const { height } of blocks) {
    const { rows } = await client.dblockByHeight(height)
    const row = rows.find(({ chainId }) => chainId === oprChain)
    if (!row) continue
    const listed = (await client.entryBlock(row.keyMr)).entries
    const entries = await Promise.all(
      listed.map(async ({ hash }) => ({ hash, ...(await client.entry(hash)) })),
    )
    const block = gradeBlock({ version: 5, height, previousWinners, entries }, (opr, nonce) =>
      hasher.difficulty(opr, nonce),
    )
    previousWinners = block.winners
    const theirs = judged.winners[height]
    t.equal(block.gradable, theirs !== undefined, `height ${height}`)
    if (!theirs) continue
    graded++
    t.strictSame(
      block.graded.map(({ entryHash, payout }) => [entryHash, Number(payout)]),
      theirs,
    )
    const prices = block.graded[0]?.opr.prices ?? []
    t.strictSame(
      Object.fromEntries(
        ASSETS[5].map((asset, i) => [asset === 'PEG' ? asset : `p${asset}`, Number(prices[i])]),
      ),
      judged.rates[height],
    )
  }
  t.equal(graded, Object.keys(judged.winners).length)
})

t.test('the records of the Go miner get in', async (t) => {
  let now = submitted.atMs - 600_000
  const chain = await startDevChain({
    dataDir: t.testdir(),
    blockSeconds: 60,
    manual: true,
    walletPort: 0,
    now: () => now,
  })
  t.teardown(() => chain.close())
  const ask = async (url: string | null, { request }: Call) => {
    const response = await fetch(`${url}/v2`, { method: 'POST', body: request })
    return { status: response.status, reply: await response.json() }
  }
  for (const call of wallet)
    t.strictSame(
      await ask(chain.walletUrl, call),
      { status: call.status, reply: JSON.parse(call.reply) },
      'its key',
    )
  for (let i = 0; i < 11; i++) chain.tick()
  now = submitted.atMs
  const hashes: string[] = []
  for (const call of submitted.calls) {
    const { method } = JSON.parse(call.request) as { method: string }
    const answer = await ask(chain.url, call)
    const recorded = JSON.parse(call.reply) as { result: { entryhash: string } }
    if (method === 'entry-credit-balance') t.equal(shape(answer.reply), shape(recorded))
    else t.strictSame(answer, { status: call.status, reply: recorded }, method)
    if (method === 'reveal-entry') hashes.push(recorded.result.entryhash)
  }
  t.equal(hashes.length, 5)
  for (let i = 0; i < 10; i++) chain.tick()
  const client = createFactomClient({ url: chain.url })
  t.teardown(() => client.close())
  const { rows } = await client.dblockByHeight(chain.savedHeight)
  const row = rows.find(({ chainId }) => chainId === oprChainId(networkOf('dev')))
  const { entries } = await client.entryBlock(row?.keyMr ?? '')
  t.strictSame(
    entries.map(({ hash }) => hash),
    hashes,
  )
})
