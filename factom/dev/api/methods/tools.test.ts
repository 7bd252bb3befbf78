import t from 'tap'
import type { Test } from 'tap'

import { ecKey, factoidKey } from '../../../address.js'
import { concat, hashBytes, toHex, uintBytes } from '../../../bytes.js'
import { composeChainCommit, composeEntryCommit } from '../../../commit.js'
import { chainIdOf, encodeEntry, entryHash } from '../../../entry.js'
import { composeTransaction } from '../../blocks/index.js'
import { DEV_KEYS, startDevChain } from '../../index.js'
import { matchExactly } from '../../../../test/fixtures/match-exactly.js'

interface Reply {
  readonly result?: Record<string, unknown>
  readonly error?: { readonly code: number; readonly data?: unknown }
}

const NOW = 1_795_254_060_000
const key = ecKey(DEV_KEYS.ecSecret)
const extIds = [Buffer.from('tools')]
const chainId = chainIdOf(extIds)

function commitOf(raw: Uint8Array): Uint8Array {
  return composeEntryCommit({ entryHash: entryHash(raw), credits: 1, timeMs: NOW, key })
}

function message(type: number, ...parts: Uint8Array[]): { message: string } {
  return { message: toHex(concat(Uint8Array.of(type), ...parts)) }
}

async function devChain(t: Test) {
  const options = { dataDir: t.testdir(), blockSeconds: 20, manual: true, walletPort: 0, now: () => NOW }
  const chain = await startDevChain({ ...options, chains: [['tools']] })
  t.teardown(() => chain.close())
  const post = async (url: string | null, method: string, params?: unknown): Promise<Reply> => {
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params })
    return (await (await fetch(`${url}/v2`, { method: 'POST', body })).json()) as Reply
  }
  return {
    chain,
    call: (method: string, params?: unknown) => post(chain.url, method, params),
    wallet: (method: string, params?: unknown) => post(chain.walletUrl, method, params),
    save: () => {
      for (let i = 0; i < 11; i++) chain.tick()
    },
  }
}

t.test('raw messages: what nodes send each other is taken as from a client', async (t) => {
  const { chain, call, save } = await devChain(t)
  const raw = encodeEntry({ chainId, extIds: [], content: Buffer.from('by message') })
  const hash = entryHash(raw)
  const sent = { result: { message: 'Successfully sent the message' } }
  t.match(await call('send-raw-message', message(6, commitOf(raw), new Uint8Array(96))), sent)
  t.match((await call('entry-ack', { txid: hash })).result, { entrydata: { status: 'Unknown' } })
  t.match(await call('send-raw-message', message(13, uintBytes(NOW, 6), raw)), sent)
  const rcdHash = '11'.repeat(32)
  const paid = composeTransaction(
    {
      timeMs: NOW,
      inputs: [{ amount: 1_012_000n, address: toHex(factoidKey(DEV_KEYS.fctSecret).rcdHash) }],
      outputs: [{ amount: 1_000_000n, address: rcdHash }],
      ecOutputs: [],
    },
    [factoidKey(DEV_KEYS.fctSecret)],
  )
  t.match(await call('send-raw-message', message(9, paid.raw)), sent)
  t.same((await call('factoid-balance', { address: rcdHash })).result, { balance: 1_000_000 })
  const otherIds = [Buffer.from('other')]
  const other = encodeEntry({ chainId: chainIdOf(otherIds), extIds: otherIds, content: new Uint8Array() })
  const commit = composeChainCommit({
    ...{ entryHash: entryHash(other), chainId: chainIdOf(otherIds), credits: 11, timeMs: NOW, key },
  })
  t.match(await call('send-raw-message', message(5, commit)), sent)
  t.match(await call('send-raw-message', message(13, uintBytes(NOW - 3_700_000, 6), other)), sent)
  t.match(await call('entry', { hash: entryHash(other) }), { error: { code: -32008 } }, 'too old: dropped')
  save()
  t.match(await call('receipt', { hash }), { result: { receipt: { entry: { entryhash: hash } } } })
  t.equal(chain.savedHeight, 1)
  for (const bad of ['', 'zz', '00', '05', '06ff', '0d', 'ff00', message(6, commit.slice(0, 150)).message])
    t.match(await call('send-raw-message', { message: bad }), { error: { code: -32602 } }, bad)
})

t.test('entry-ack: an entry and its commit, by the hash of either', async (t) => {
  const { call, save } = await devChain(t)
  const raw = encodeEntry({ chainId, extIds: [], content: Buffer.from('acked') })
  const hash = entryHash(raw)
  const none = { committxid: '', entryhash: '' }
  t.match((await call('entry-ack', { txid: hash })).result, { ...none, entrydata: { status: 'Unknown' } })
  await call('reveal-entry', { entry: toHex(raw) })
  t.match((await call('entry-ack', { txid: hash })).result, {
    committxid: '',
    entryhash: hash,
    commitdata: { status: 'Unknown' },
    entrydata: { status: 'NotConfirmed' },
  })
  const commit = commitOf(raw)
  const { txid } = (await call('commit-entry', { message: toHex(commit) })).result as { txid: string }
  const pending = {
    committxid: txid,
    entryhash: hash,
    commitdata: { status: 'TransactionACK', transactiondate: NOW },
    entrydata: { status: 'TransactionACK' },
  }
  t.match((await call('entry-ack', { txid: hash })).result, pending)
  t.match((await call('entry-ack', { txid })).result, pending, 'by the commit')
  save()
  const saved = {
    ...pending,
    commitdata: { status: 'DBlockConfirmed', transactiondate: NOW, blockdate: NOW },
    entrydata: { status: 'DBlockConfirmed', blockdate: NOW },
  }
  t.match((await call('entry-ack', { txid })).result, saved)
  t.match((await call('entry-ack', { fulltransaction: toHex(raw) })).result, saved)
  t.match((await call('entry-ack', { fulltransaction: toHex(commit) })).result, saved)
  t.match(await call('entry-ack', { fulltransaction: '00' }), {
    error: { code: -32602, data: 'Unable to decode the transaction' },
  })
  for (const params of [{}, { txid: 'zz' }])
    t.match(await call('entry-ack', params), { error: { code: -32602 } })
})

t.test('an external-id area past the end is filled with empty ids, as factomd does', async (t) => {
  const { call, save } = await devChain(t)
  const head = concat(Uint8Array.of(0), hashBytes(chainId))
  const short = concat(head, uintBytes(9, 2), Uint8Array.of(0, 1, 0x61))
  const whole = encodeEntry({
    chainId,
    extIds: [Uint8Array.of(0x61), new Uint8Array(), new Uint8Array(), new Uint8Array()],
    content: new Uint8Array(),
  })
  const hash = entryHash(whole)
  await call('commit-entry', { message: toHex(commitOf(whole)) })
  t.match((await call('reveal-entry', { entry: toHex(short) })).result, { entryhash: hash, chainid: chainId })
  save()
  t.same((await call('entry', { hash })).result, {
    chainid: chainId,
    content: '',
    extids: ['61', '', '', ''],
  })
  const lone = concat(head, uintBytes(4, 2), Uint8Array.of(0, 0, 7))
  const empty = encodeEntry({
    chainId,
    extIds: [new Uint8Array(), new Uint8Array()],
    content: new Uint8Array(),
  })
  t.match((await call('reveal-entry', { entry: toHex(lone) })).result, { entryhash: entryHash(empty) })
  const refused = { error: { code: -32602, data: 'Invalid Entry' } }
  const odd = concat(head, uintBytes(8, 2), Uint8Array.of(0, 1, 0x61))
  t.match(await call('reveal-entry', { entry: toHex(odd) }), refused, 'one byte is left over')
  const long = concat(head, uintBytes(9, 2), Uint8Array.of(0, 5, 0x61))
  t.match(await call('reveal-entry', { entry: toHex(long) }), refused, 'an id itself is cut off')
  const big = concat(head, uintBytes(0xfffe, 2))
  t.match(await call('reveal-entry', { entry: toHex(big) }), refused, 'over 10 KiB when it is filled')
})

t.test('wallet: transactions of the chain, a backup, removal', async (t) => {
  const { wallet, save } = await devChain(t)
  save()
  type List = { transactions: { txid: string; blockheight?: number; signed: boolean }[] | null }
  const list = async (params?: unknown) =>
    ((await wallet('transactions', params)).result as List).transactions
  const all = (await list()) ?? []
  t.equal(all.length, 3, 'purchase of credits, and two of the first block')
  t.match(all[0], { blockheight: 1, signed: true, totalecoutputs: Number, outputs: null })
  t.notOk('blockheight' in (all[1] ?? {}), 'zero is left out')
  t.same(await list({ address: DEV_KEYS.ecAddress }), [all[0]])
  const mine = (await list({ address: DEV_KEYS.fctAddress })) ?? []
  t.same(
    mine.map(({ txid }) => txid),
    [all[0]?.txid, all[2]?.txid],
    'paid out of, paid to',
  )
  t.same(await list({ range: { start: 1, end: 5 } }), [all[0]])
  t.same(await list({ range: { start: 2, end: 5 } }), null)
  matchExactly(t, await list({ txid: all[0]?.txid }), [{ txid: all[0]?.txid }])
  t.match(await wallet('transactions', { txid: '00' }), { error: { data: 'Object not found' } })
  t.match(await wallet('transactions', { address: 'FA' }), { error: { data: 'not a valid address' } })
  t.match(await wallet('transactions', { range: { start: 3, end: 2 } }), {
    error: { data: 'Range cannot have negative numbers' },
  })

  const backup = (await wallet('wallet-backup')).result
  const { addresses } = (await wallet('all-addresses')).result as { addresses: unknown }
  t.strictSame(backup, { 'wallet-seed': '', addresses, 'identity-keys': null })
  t.same((await wallet('remove-address', {})).result, { success: true })
  t.match(await wallet('remove-address', { address: 'FA1' }), { error: { data: 'wallet: No such address' } })
  t.match(await wallet('remove-address', { address: 'x' }), { error: { data: 'Unknown address type' } })
})
