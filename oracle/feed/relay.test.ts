/** Headers on the embedded chains: once, in order, whatever happens to either chain. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'

import { startChains } from '../../komodo/dev/fixtures/chains.js'
import type { DevKomodo, DevKomodoOptions } from '../../komodo/dev/index.js'
import {
  blockHashOf,
  createKomodoClient,
  decodeTransaction,
  decodeWif,
  encodePayload,
  encodeTransaction,
  opOf,
  opScript,
  payToPubkey,
  readRawHeader,
  saplingTransaction,
  signKeyInput,
  withScripts,
  ZERO_ID,
} from '../../komodo/index.js'
import { checkGateway } from './checks.js'
import type { FeedEvent, HeaderEvent } from './events.js'
import { openRig, reachable, truth, type Rig, type RigOptions } from './fixtures/rig.js'
import { createRelay } from './relay.js'
import { createTreasury } from './treasury.js'
import { matchExactly } from '../../test/fixtures/match-exactly.js'

async function chainsOf(t: Test, options: Partial<DevKomodoOptions> = {}): Promise<DevKomodo> {
  const folder = mkdtempSync(join(tmpdir(), 'feed-relay-'))
  const chains = await startChains({
    dataDir: join(folder, 'chains'),
    manual: true,
    subscriptions: 4,
    ...options,
  })
  t.teardown(async () => {
    await chains.close()
    rmSync(folder, { recursive: true, force: true })
  })
  folderOf.set(chains, folder)
  return chains
}

const folderOf = new Map<DevKomodo, string>()
let rigs = 0
async function rigOf(t: Test, chains: DevKomodo, options: Partial<RigOptions> = {}): Promise<Rig> {
  const rig = await openRig(chains, { folder: join(folderOf.get(chains)!, `rig${rigs++}`), ...options })
  t.teardown(() => rig.close())
  return rig
}

/** 20 below the tip, where a new feed begins. */
const first = (chains: DevKomodo): number => chains.control.height('reference') - 20
const from = (height: number, count: number): number[] => Array.from({ length: count }, (_, k) => height + k)

const headersOf = ({ events }: Rig): HeaderEvent[] =>
  events.filter((event): event is HeaderEvent => event.event === 'header')

/** Passes and asset blocks until nothing is due. */
async function settle(chains: DevKomodo, rig: Rig, rounds = 60): Promise<void> {
  for (let round = 0; round < rounds; round++) {
    await rig.relayPass()
    if (rig.relay.view.state.state === 'idle' && chains.control.mempool('asset').length === 0) return
    chains.control.mine('asset')
  }
  throw new Error(`not settled: ${JSON.stringify(rig.relay.view.state)}`)
}

/** Every height once, in order up to the target, and as the reference chain has it. */
async function isExact(
  t: Test,
  chains: DevKomodo,
  { from, once = true }: { from: number; once?: boolean },
): Promise<void> {
  const found = await reachable(chains)
  const target = chains.control.height('reference') - 10
  const wanted = Array.from({ length: target - from + 1 }, (_, k) => from + k)
  const newest = new Map(found.map((header) => [header.height, encodePayload(header)]))
  t.same(
    [...newest.keys()].sort((a, b) => a - b),
    wanted,
    'no height is missing',
  )
  if (once) t.equal(found.length, wanted.length, 'none is there twice')
  t.same(newest, await truth(chains, [...newest.keys()]), 'each is what the reference chain has')
}

t.test('full budget, in order, once; a restart goes on', async (t) => {
  const chains = await chainsOf(t)
  const start = first(chains)
  const rig = await rigOf(t, chains)
  await rig.relayPass()
  t.same(
    headersOf(rig).map(({ height }) => height),
    from(start, 4),
    'as many as there are subscriptions',
  )
  await rig.relayPass()
  t.equal(headersOf(rig).length, 4, 'no more until the next block')
  t.equal(rig.relay.view.state.state, 'budget')
  chains.control.mine('asset')
  await rig.relayPass()
  t.equal(headersOf(rig).length, 8)
  rig.close()

  const next = await rigOf(t, chains)
  await settle(chains, next)
  t.same(
    headersOf(next).map(({ height }) => height),
    from(start + 8, 3),
    'the mempool counts',
  )
  await isExact(t, chains, { from: start })
  chains.control.mine('reference', 3)
  await settle(chains, next)
  await isExact(t, chains, { from: start })
})

t.test('a header is written down before it is sent', async (t) => {
  const chains = await chainsOf(t)
  const rig = await rigOf(t, chains)
  const real = { ...rig.asset }
  const known: boolean[] = []
  Object.assign(rig.asset, {
    send: (...given: Parameters<typeof real.send>) => {
      known.push(rig.published.head?.hex === given[0])
      return real.send(...given)
    },
  })
  await rig.relayPass()
  t.same(known, [true, true, true, true])
  t.equal(rig.relay.view.headers, 4)
})

t.test(
  'a header that was sent is known from then on: what it spends, and what need not be asked for',
  async (t) => {
    const chains = await chainsOf(t)
    const rig = await rigOf(t, chains)
    await rig.relayPass()
    const sent = headersOf(rig).map(({ txid }) => txid)
    const { mempool, utxos } = rig.relay.view.facts!
    t.same([...mempool.transactions.keys()].sort(), [...sent].sort())
    t.same(
      utxos.map((utxo) => mempool.isSpent(utxo)),
      [true, true, true, true],
    )
    chains.control.mine('asset')
    const real = { ...rig.asset }
    const asked: string[] = []
    Object.assign(rig.asset, {
      transaction: (...given: Parameters<typeof real.transaction>) => {
        asked.push(given[0])
        return real.transaction(...given)
      },
    })
    await rig.relayPass()
    t.equal(headersOf(rig).length, 8)
    t.same(
      asked.filter((txid) => sent.includes(txid)),
      sent.slice(-1),
      'of the last one, whether its block is lost',
    )
  },
)

t.test('what is published stands on the chain, to the byte', async (t) => {
  const chains = await chainsOf(t, { subscriptions: 20 })
  const rig = await rigOf(t, chains, { more: { startHeight: 14 } })
  await settle(chains, rig)
  await isExact(t, chains, { from: 14 })
  for (const { height, txid, payload } of headersOf(rig)) {
    t.equal((await truth(chains, [height])).get(height), payload)
    const written = await rig.asset.transaction(txid)
    t.match(opOf(decodeTransaction(written?.hex ?? '')), { op: 'oracle-data', data: payload })
  }
})

t.test('forged headers of the reference daemon are not published', async (t) => {
  const chains = await chainsOf(t)
  const settings = (await rigOf(t, chains)).settings
  const due = first(chains) + 1
  const root = 'bad0'.repeat(16)
  const forge = (hex: string): string => hex.slice(0, 72) + root + hex.slice(136)
  /** What the daemon makes of the header of a block, and of the hash of the first one that is due. */
  const lies: Record<
    string,
    { header: (hex: string, hash: string) => string; hash?: (hash: string) => string }
  > = {
    'another root in the same block': { header: forge },
    'another block, that hashes as it says': {
      header: (hex, hash) => (hash === blockHashOf(forge(forged.hex)) ? forge(forged.hex) : hex),
      hash: () => blockHashOf(forge(forged.hex)),
    },
    'the block before instead': { header: (hex) => hex, hash: () => forged.previous },
    'no bytes at all': { header: () => '' },
  }
  let forged = { hex: '', previous: '' }
  for (const [name, lie] of Object.entries(lies)) {
    const rig = await rigOf(t, chains)
    forged = await rig.reference.header(await rig.reference.blockHash(due))
    const real = rig.reference
    const lying: typeof real = {
      ...real,
      blockHash: async (height, options) => {
        const hash = await real.blockHash(height, options)
        return height === due && lie.hash !== undefined ? lie.hash(hash) : hash
      },
      header: async (hash, options) => {
        const asked = hash === blockHashOf(forge(forged.hex)) ? null : await real.header(hash, options)
        return readRawHeader(lie.header(asked?.hex ?? '', hash), hash)
      },
    }
    const events: FeedEvent[] = []
    const relay = createRelay({
      settings: { ...settings, startHeight: due },
      asset: rig.asset,
      reference: lying,
      format: chains.format,
      balance: () => Promise.resolve(0n),
      published: rig.published,
      wanted: () => [],
      asked: () => [],
      dryRun: true,
      emit: (event) => void events.push(event),
      sleep: () => Promise.resolve(),
      now: Date.now,
      monotonicMs: () => performance.now(),
    })
    for (let pass = 0; pass < 3; pass++) await relay.pass(new AbortController().signal)
    t.notOk(
      events.some((event) => event.event === 'header' && event.height >= due),
      `${name}: nothing of it`,
    )
    t.equal(relay.view.state.state, 'blocked')
    const said = events.filter(({ event }) => event === 'notice')
    matchExactly(t, said, [{ code: /E_KOMODO_HEADER|E_FEED_FORGED/ }])
    t.equal(said.length, 1, 'said once')
  }
})

t.test('a dry run sends nothing', async (t) => {
  const chains = await chainsOf(t)
  const start = first(chains)
  const rig = await rigOf(t, chains, { dryRun: true })
  await rig.relayPass()
  t.same(
    headersOf(rig).map(({ height, dryRun }) => [height, dryRun]),
    from(start, 4).map((height) => [height, true]),
    'and shows all that the coming block would take',
  )
  t.same(chains.control.mempool('asset'), [])
})

t.test('gaps are filled after live headers', async (t) => {
  const chains = await chainsOf(t)
  const start = first(chains)
  const old = await rigOf(t, chains, { more: { startHeight: start + 5, reach: 10 } })
  await settle(chains, old)
  chains.control.mine('reference', 12)
  const late = await rigOf(t, chains, { more: { reach: 10 } })
  await settle(chains, late)
  const rig = await rigOf(t, chains)
  await settle(chains, rig)
  matchExactly(t, headersOf(rig), [
    { height: start + 11, why: 'gap' },
    { height: start + 12, why: 'gap' },
  ])
  await isExact(t, chains, { from: start + 5 })
})

t.test('the reference chain loses 1, 9, 11 and 50 blocks', async (t) => {
  const chains = await chainsOf(t, { referenceHeight: 80, subscriptions: 30 })
  const rig = await rigOf(t, chains, { more: { startHeight: 30 } })
  await settle(chains, rig)
  let repairs = 0
  for (const depth of [1, 9, 11, 50]) {
    const before = headersOf(rig).length
    const earlier = rig.events.filter(({ event }) => event === 'reorg').length
    chains.control.reorg('reference', depth)
    await settle(chains, rig)
    const again = headersOf(rig).slice(before)
    const wrong = Math.max(0, depth - 10)
    repairs += wrong
    t.equal(again.filter(({ why }) => why === 'repair').length, wrong, 'what changed is published again')
    t.equal(again.length, wrong + 1, 'and one block that is new')
    t.equal(rig.events.filter(({ event }) => event === 'reorg').length - earlier, wrong > 0 ? 1 : 0)
    await isExact(t, chains, { from: 30, once: repairs === 0 })
  }
  t.equal(rig.relay.view.repairs, repairs)
  const fresh = await rigOf(t, chains)
  await settle(chains, fresh)
  t.equal(headersOf(fresh).length, 0, 'a feed that knows nothing of it finds the same')
})

t.test('the asset chain loses 1 block, then 3', async (t) => {
  const chains = await chainsOf(t)
  const start = first(chains) + 4
  const rig = await rigOf(t, chains)
  for (const depth of [1, 3]) {
    chains.control.mine('reference', 4 * depth)
    for (let k = 0; k < depth; k++) {
      await rig.relayPass()
      chains.control.mine('asset')
    }
    const before = headersOf(rig).length
    const reorgs = rig.relay.view.reorgs.asset
    chains.control.disconnect('asset', depth)
    await rig.relayPass()
    t.equal(headersOf(rig).length, before, 'nothing is built while the baton is hidden')
    t.equal(rig.relay.view.state.state, 'baton')
    t.equal(rig.relay.view.reorgs.asset, reorgs + 1)
    const fresh = await rigOf(t, chains)
    await fresh.relayPass()
    t.equal(headersOf(fresh).length, 0, 'not even by a feed without a memory')
    await settle(chains, rig)
    await isExact(t, chains, { from: start })
  }
})

t.test('lost for good with the mempool: it is sent again', async (t) => {
  const chains = await chainsOf(t)
  const start = first(chains)
  const rig = await rigOf(t, chains)
  await rig.relayPass()
  await chains.control.restart('asset', 0, { loseMempool: true })
  t.equal(chains.control.mempool('asset').length, 0)
  await settle(chains, rig)
  await isExact(t, chains, { from: start })
})

t.test('a header on the wrong branch of batons is published again', async (t) => {
  const chains = await chainsOf(t, { subscriptions: 8 })
  const start = first(chains)
  const rig = await rigOf(t, chains, { more: { perBlock: 3 } })
  // A second registration: from now on the baton of the first lies about, unspent.
  const { asset, settings } = rig
  await asset.send(await asset.oracleFund(settings.oracleTxid))
  chains.control.mine('asset')
  await asset.send(await asset.oracleRegister(settings.oracleTxid, 100_000n))
  chains.control.mine('asset')
  await rig.relayPass()
  chains.control.mine('asset')
  const sent = headersOf(rig).length
  chains.control.mine('reference', 1)
  chains.control.disconnect('asset', 1)
  const { registered } = await asset.oracleInfo(settings.oracleTxid)
  const stale = registered.find(({ publisher }) => publisher === settings.pubkey)?.batonTxid
  t.not(stale, rig.published.head?.txid, 'the daemon offers another baton')
  await rig.relayPass()
  t.equal(headersOf(rig).length, sent, 'which nothing is built on')
  // A careless program with the same key does.
  const height = start + sent
  const payload = (await truth(chains, [height])).get(height) ?? ''
  await asset.send(await asset.oracleData(settings.oracleTxid, payload))
  chains.control.mine('asset')
  chains.control.mine('asset')
  await settle(chains, rig)
  await isExact(t, chains, { from: start, once: false })
})

/** A stranger's payment that reads as data of our oracle and key; `toBaton`: it pays the address of our batons too. */
async function pretend(
  chains: DevKomodo,
  rig: Rig,
  { height, toBaton }: { height: number; toBaton: boolean },
) {
  const { user, control, oracleTxid, pubkey } = chains
  const client = createKomodoClient({ access: () => user.asset, name: 'stranger' })
  try {
    const coin = (await client.unspent(1)).find(({ sat, spendable }) => spendable && sat > 100_000n)!
    const { registered } = await rig.asset.oracleInfo(oracleTxid)
    const { baton, batonTxid } = registered.find(({ publisher }) => publisher === pubkey)!
    const data = encodePayload({ height, hash: 'ab'.repeat(32), merkleRoot: 'cd'.repeat(32), balance: null })
    const op = { op: 'oracle-data', oracleTxid, previousBaton: batonTxid ?? ZERO_ID, pubkey, data } as const
    const script = decodeTransaction((await client.transaction(batonTxid ?? ''))!.hex).outputs[1]!.script
    t.ok(baton)
    const outputs = [
      { value: coin.sat - 30_000n, script: payToPubkey(user.pubkey) },
      ...(toBaton ? [{ value: 10_000n, script }] : []),
      { value: 0n, script: opScript(op) },
    ]
    const input = { txid: coin.txid, vout: coin.vout, script: '', sequence: 0xffffffff }
    const blank = saplingTransaction([input], outputs, { expiryHeight: control.height('asset') + 200 })
    const signed = signKeyInput(blank, 0, { script: coin.script, value: coin.sat }, decodeWif(user.wif))
    return await client.send(encodeTransaction(withScripts(blank, [signed])))
  } finally {
    client.close()
  }
}

t.test('a stranger writes what reads as ours: nobody waits for it, and it counts as nothing', async (t) => {
  const chains = await chainsOf(t, { subscriptions: 20 })
  const start = first(chains)
  const rig = await rigOf(t, chains)
  await pretend(chains, rig, { height: start + 3, toBaton: false })
  await rig.relayPass()
  t.equal(headersOf(rig).length, 11, 'a feed without a memory begins at once')
  chains.control.mine('asset')
  chains.control.mine('reference')
  await settle(chains, rig)
  await isExact(t, chains, { from: start })

  // As a baton it stands in the way of every reader: what it says is written over.
  await pretend(chains, rig, { height: start + 5, toBaton: true })
  chains.control.mine('asset')
  await settle(chains, rig)
  t.equal(headersOf(rig).filter(({ height }) => height === start + 5).length, 2)
  await isExact(t, chains, { from: start, once: false })
  t.notOk(rig.events.some((event) => event.event === 'notice' && event.code === 'E_FEED_LOCKED'))
})

t.test('a lone daemon was killed: the index names a baton of a lost block', async (t) => {
  const chains = await chainsOf(t, { subscriptions: 20 })
  const start = first(chains)
  const rig = await rigOf(t, chains)
  await settle(chains, rig)
  chains.control.mine('reference')
  await settle(chains, rig)
  chains.control.loseBlocks('asset', 2)
  chains.control.mine('reference')
  for (let k = 0; k < 4; k++) {
    await rig.relayPass()
    chains.control.mine('asset')
  }
  t.match(rig.relay.view.state, { state: 'blocked', why: /-reindex/ })
  const said = rig.events.filter((event) => event.event === 'notice' && event.code === 'E_FEED_STALE_BATON')
  t.equal(said.length, 1, 'said once')
  const { lines } = await checkGateway(rig.settings, rig, { mend: false })
  t.match(
    lines.find(({ name }) => name === 'publisher'),
    { result: 'fail', remedy: /-reindex/ },
  )
  chains.control.reindex('asset')
  await settle(chains, rig)
  await isExact(t, chains, { from: start })
})

t.test('a lone daemon was killed: the index lists a subscription of a lost block', async (t) => {
  const chains = await chainsOf(t, { subscriptions: 1, subscription: 0.002 })
  const start = first(chains)
  const rig = await rigOf(t, chains)
  for (let k = 0; k < 3; k++) {
    await rig.relayPass()
    chains.control.mine('asset')
  }
  t.equal(headersOf(rig).length, 2, 'all that the first one pays for')
  const { asset, settings } = rig
  const subscribe = async (): Promise<void> => {
    await asset.send(await asset.oracleSubscribe(settings.oracleTxid, settings.pubkey, 100_000_000n))
    chains.control.mine('asset')
  }
  await subscribe()
  chains.control.loseBlocks('asset', 1)
  for (let k = 0; k < 4; k++) {
    await rig.relayPass()
    chains.control.mine('asset')
  }
  t.match(rig.relay.view.state, { state: 'blocked', why: /-reindex/ })
  t.equal(headersOf(rig).length, 2)
  const said = rig.events.filter(({ event }) => event === 'notice')
  matchExactly(t, said, [{ message: /-reindex/ }])
  t.equal(said.length, 1, 'said once')
  t.equal(rig.events.filter((event) => event.event === 'state' && event.state === 'blocked').length, 1)
  chains.control.reindex('asset')
  await subscribe()
  await settle(chains, rig)
  await isExact(t, chains, { from: start })
})

t.test('HTTP 503 and an exception of the daemon pass', async (t) => {
  const chains = await chainsOf(t, { subscriptions: 20 })
  const start = first(chains)
  const rig = await rigOf(t, chains)
  let calls = 0
  const unlisten = chains.control.onCall(({ phase }) => {
    if (phase === 'asked' && ++calls % 23 === 0) return calls % 2 === 0 ? 'unavailable' : 'internal'
    return undefined
  })
  for (let k = 0; k < 40; k++) {
    await rig.relayPass().catch((error: unknown) => {
      t.match(error, { code: /E_KOMODO_(HTTP|INTERNAL)/, retryable: true })
    })
    if (k % 3 === 2) chains.control.mine('asset')
  }
  unlisten()
  await settle(chains, rig)
  await isExact(t, chains, { from: start })
})

t.test('out of funds, out of coins, and back', async (t) => {
  const chains = await chainsOf(t, { subscriptions: 1, subscription: 0.003 })
  const start = first(chains)
  const rig = await rigOf(t, chains)
  for (let round = 0; round < 8; round++) {
    await rig.relayPass()
    chains.control.mine('asset')
  }
  t.equal(rig.relay.view.state.state, 'funds')
  t.equal(headersOf(rig).length, 3)
  const rich = await rigOf(t, chains, {
    more: { funds: { amount: '0.01', outputs: 2, dailyLimit: '0.02', lowWater: 5, merge: false } },
  })
  await rich.relayPass()
  await rich.treasury.look(rich.relay.view.facts!, new AbortController().signal)
  t.equal(rich.treasury.view.subscribed, 2)
  chains.control.mine('asset')
  await settle(chains, rich)
  await isExact(t, chains, { from: start })

  chains.control.drain('asset', 0)
  chains.control.mine('asset')
  chains.control.mine('reference')
  await rich.relayPass()
  t.match(rich.relay.view.state, { state: 'funds', why: /coins/ })
})

t.test('subscribing stops at the limit of the day and raises an alarm', async (t) => {
  const chains = await chainsOf(t, { subscriptions: 1, subscription: 0.003 })
  const rig = await rigOf(t, chains, {
    more: { funds: { amount: '0.01', outputs: 5, dailyLimit: '0.03', lowWater: 5, merge: false } },
  })
  await rig.relayPass()
  await rig.treasury.look(rig.relay.view.facts!, new AbortController().signal)
  t.equal(rig.treasury.view.subscribed, 3)
  t.equal(rig.file.state.subscribed.sat, '3000000')
  chains.control.mine('asset')
  const again = await rigOf(t, chains, {
    folder: join(folderOf.get(chains)!, `rig${rigs - 1}`),
    more: { funds: { amount: '0.01', outputs: 5, dailyLimit: '0.03', lowWater: 5, merge: false } },
  })
  await again.relayPass()
  await again.treasury.look(again.relay.view.facts!, new AbortController().signal)
  t.equal(again.treasury.view.subscribed, 0, 'not even after a restart')
  t.equal(again.treasury.view.alarm, 'limit')
  matchExactly(
    t,
    again.events.filter(({ event }) => event === 'funds'),
    [{ action: 'alarm' }],
  )
})

t.test('what was mined is no small output', async (t) => {
  const chains = await chainsOf(t)
  const rig = await rigOf(t, chains)
  await rig.relayPass()
  const merged = async (coinbase: boolean): Promise<number> => {
    let inputs = 0
    const coins = from(0, 60).map((vout) => ({
      ...{ txid: 'ab'.repeat(32), vout, sat: 20_000n, address: '', script: '' },
      ...{ confirmations: 500, spendable: true, coinbase },
    }))
    const asset = {
      ...rig.asset,
      unspent: () => Promise.resolve(coins),
      createRaw: (chosen: readonly unknown[]) => {
        inputs = chosen.length
        return Promise.reject(new Error('enough seen'))
      },
    }
    const treasury = createTreasury({
      settings: {
        ...rig.settings,
        funds: { ...rig.settings.funds, auto: true, merge: true, outputs: 0, lowWater: 0 },
      },
      ...{ asset, file: rig.file, dryRun: false, perHour: () => 60 },
      ...{ emit: () => undefined, sleep: () => Promise.resolve(), now: Date.now, monotonicMs: () => 0 },
    })
    await treasury.look(rig.relay.view.facts!, new AbortController().signal).catch(() => undefined)
    return inputs
  }
  t.equal(await merged(true), 0)
  t.equal(await merged(false), 50)
})

t.test('a daemon that is frozen gets nothing until its chain moves', async (t) => {
  const chains = await chainsOf(t)
  const start = first(chains)
  const rig = await rigOf(t, chains, { timeoutMs: 800 })
  chains.control.freeze('asset')
  for (let k = 0; k < 2; k++) await t.rejects(rig.relayPass())
  t.equal(rig.asset.rpc.health.state, 'hung')
  await chains.control.restart('asset', 0)
  rig.close()
  const next = await rigOf(t, chains)
  await settle(chains, next)
  await isExact(t, chains, { from: start })
})

t.test('somebody else publishes with our key', async (t) => {
  const chains = await chainsOf(t)
  const rig = await rigOf(t, chains)
  const other = await rigOf(t, chains)
  await rig.relayPass()
  chains.control.mine('asset')
  await other.relayPass()
  chains.control.mine('asset')
  await rig.relayPass()
  t.equal(rig.relay.view.state.state, 'foreign')
  matchExactly(
    t,
    rig.events.filter(({ event }) => event === 'notice'),
    [{ code: 'E_FEED_LOCKED' }],
  )
  t.equal(headersOf(rig).length, 4, 'it stands back')
})

t.test('format IhhL carries the balance of the deposit address', async (t) => {
  const chains = await chainsOf(t, { family: 'B' })
  const rig = await rigOf(t, chains)
  await settle(chains, rig)
  const found = await reachable(chains)
  const coins = await rig.reference.unspent(1, [chains.gateways[0]!.depositAddress])
  t.equal(
    found.at(-1)?.balance,
    coins.reduce((sum, { sat }) => sum + sat, 0n),
  )
})
