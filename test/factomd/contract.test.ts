/* eslint-disable @typescript-eslint/no-explicit-any, @typescript-eslint/no-unsafe-argument, @typescript-eslint/no-unsafe-return, @typescript-eslint/no-unsafe-call -- replies are JSON whose shape the test itself judges */
/**
 * What a client can rely on, of any node: the embedded chain here, a factomd on a LOCAL network with
 * `npm run test:factomd -- --url URL`. Nothing in here knows which one it talks to.
 */
import { join } from 'node:path'

import t from 'tap'
import type { Test } from 'tap'

import {
  composeChainCommit,
  createMinuteClock,
  createPublisher,
  decodeEntry,
  decodeEntryBlock,
  entryHash,
  rpcCodeOf,
} from '../../factom/index.js'
import {
  decodeDirectoryBlock,
  decodeEntryCreditBlock,
  decodeFactoidBlock,
} from '../../factom/dev/blocks/index.js'
import { DEV_KEYS, startDevChain } from '../../factom/dev/index.js'
import { commitOf, hex, newChain, newEntry, newKey, openNode, purchase, shape, type Node } from './node.js'

const given = process.env.PEGMINER_CONTRACT_URL
/** Key MR of block 0 of every LOCAL network. */
const LOCAL_GENESIS = 'c1fdd8c0a09e55e8b5f5e92eacb695d915b83af79735236fbd9274e37b26adc7'
const ZERO = '0'.repeat(64)
const HOUR = 3_600_000

async function nodeUnderTest(): Promise<Node> {
  if (given) return openNode(given)
  const chain = await startDevChain({ dataDir: t.testdir(), blockSeconds: 6, chains: [], fund: 0 })
  t.teardown(() => chain.close())
  return openNode(chain.url)
}

const node = await nodeUnderTest()
t.teardown(() => node.client.close())
const key = newKey()
const chain = newChain()
/** What `key` has to have, from what it bought and paid here. */
let credits = 0
/** Records of our publisher that landed. */
let published = 0
const balance = async () => (await node.result('entry-credit-balance', { address: key.address })).balance
const settled = (text: string) =>
  node.until(`${text}: ${credits} credits`, async () => (await balance()) === credits)
const ack = (hash: string, chainid: string) => node.result('ack', { hash, chainid })
const taken = (hash: string) =>
  node.until(`acknowledged: ${hash}`, async () => {
    const { entrydata } = await ack(hash, chain.chainId)
    return entrydata.status === 'TransactionACK' || entrydata.status === 'DBlockConfirmed'
  })

t.test('where the chain stands', async (t) => {
  t.equal(shape(await node.result('properties')), '{factomdapiversion:s,factomdversion:s}')
  t.equal(
    shape(await node.result('heights')),
    '{directoryblockheight:n,entryblockheight:n,entryheight:n,leaderheight:n}',
  )
  const minute = await node.result('current-minute')
  t.equal(
    shape(minute),
    '{currentblockstarttime:n,currentminutestarttime:n,currenttime:n,directoryblockheight:n,directoryblockinseconds:n,' +
      'faulttimeout:n,leaderheight:n,minute:n,roundtimeout:n,stalldetected:b}',
  )
  t.ok(Math.abs(minute.currenttime / 1e6 - Date.now()) < HOUR, 'nanoseconds')
  t.equal(shape(await node.result('entry-credit-rate')), '{rate:n}')
  t.equal(shape(await node.result('directory-block-head')), '{keymr:h}')
})

t.test('what is no request, and what no method takes', async (t) => {
  const k = '0'.repeat(63) + '1'
  const nobody = 'EC1111111111111111111111111111111111111111111111111'
  const bodies: [string, number][] = [
    ['[]', -32600],
    ['{', -32600],
    ['', -32600],
    ['{"jsonrpc":"1.0","id":1,"method":"heights"}', -32600],
  ]
  for (const [body, code] of bodies)
    t.match(await node.post(body), { status: 400, id: null, error: { code } }, body)
  for (const id of [0, 1.5, 'seven', null])
    t.strictSame((await node.post(JSON.stringify({ jsonrpc: '2.0', id, method: 'heights' }))).id, id)
  const calls: [string, unknown, number, string, unknown?][] = [
    ['no-such-method', {}, -32601, 'Method not found'],
    ['entry', { hash: 'xyz' }, -32602, 'Invalid params', 'Invalid Hash'],
    ['entry', { hash: k }, -32008, 'Entry not found'],
    ['entry', 'text', -32602, 'Invalid params'],
    ['raw-data', { hash: k }, -32008, 'Object not found'],
    ['entry-block', { keymr: k }, -32008, 'Block not found'],
    ['directory-block', { keymr: k }, -32008, 'Block not found'],
    ['dblock-by-height', { height: 2 ** 31 }, -32008, 'Block not found'],
    ['dblock-by-height', { height: '1' }, -32602, 'Invalid params'],
    ['fblock-by-height', { height: 2 ** 31 }, -32008, 'Block not found'],
    ['chain-head', { chainid: k }, -32009, 'Missing Chain Head'],
    ['entry-credit-balance', { address: nobody }, -32602, 'Invalid params', 'Invalid Address'],
    ['factoid-balance', { address: 'FA' }, -32602, 'Invalid params', 'Invalid Address'],
    ['commit-entry', { message: 'zz' }, -32602, 'Invalid params', 'Invalid Commit Entry'],
    ['commit-entry', { message: '00' }, -32602, 'Invalid params', 'Invalid Commit Entry'],
    ['commit-chain', { message: '00' }, -32602, 'Invalid params', 'Invalid Commit Chain'],
    ['reveal-entry', { entry: '00' }, -32602, 'Invalid params', 'Invalid Entry'],
    ['factoid-submit', { transaction: '02' }, -32602, 'Invalid params', 'Unable to decode the transaction'],
    ['ack', { hash: k, chainid: 'x' }, -32602, 'Invalid params', 'ChainID must be 64 hex encoded characters'],
    ['ack', { hash: 'x', chainid: k }, -32602, 'Invalid params', 'Hash must be 64 hex encoded characters'],
  ]
  for (const [method, params, code, message, data] of calls) {
    const { status, error } = await node.call(method, params)
    t.strictSame({ status, ...error }, { status: 400, code, message, ...(data ? { data } : {}) }, method)
  }
  t.match(await node.call('raw-data', []), { status: 400, id: null, error: { code: -32603 } }, 'a panic')
  const bad = Buffer.from(commitOf(key, chain), 'hex')
  bad.writeUInt8(bad[135]! ^ 1, 135)
  t.match(await node.call('commit-entry', { message: hex(bad) }), { error: { data: 'Invalid Commit Entry' } })
})

t.test('unknown things', async (t) => {
  t.strictSame(await node.result('entry-credit-balance', { address: key.address }), { balance: 0 })
  const unknown = { status: 'Unknown' }
  t.match(await ack(ZERO.replace('0', '9'), chain.chainId), { commitdata: unknown, entrydata: unknown })
  t.match(await ack(ZERO.replace('0', '9'), 'c'), { commitdata: unknown })
  t.match(await ack(ZERO.replace('0', '9'), 'f'), unknown)
  const several = await node.result('multiple-ec-balances', { addresses: [key.address, 'EC', ''] })
  t.equal(shape(several), '{balances:[{ack:n,err:s,saved:n}],currentheight:n,lastsavedheight:n}')
  t.strictSame(
    several.balances.map(({ err }: { err: string }) => err),
    ['Address has not had a transaction', 'Error decoding address', 'No EC addresses'],
  )
})

t.test('genesis, if the chain is a LOCAL one from its beginning', async (t) => {
  const block = await node.result('dblock-by-height', {})
  t.equal(block.dblock.keymr, LOCAL_GENESIS, 'a missing height is 0')
  const { keyMr } = decodeDirectoryBlock(Buffer.from(block.rawdata, 'hex'))
  t.equal(keyMr, LOCAL_GENESIS)
  const factoids = decodeFactoidBlock(
    Buffer.from((await node.result('fblock-by-height', { height: 0 })).rawdata, 'hex'),
  )
  t.equal(factoids.keyMr, block.dblock.dbentries[2].keymr)
})

t.test('entry credits are bought', async (t) => {
  const { rate } = await node.result('entry-credit-rate')
  const before = (await node.result('factoid-balance', { address: DEV_KEYS.fctAddress })).balance
  const { raw, txid, fee } = purchase(rate, key, 100)
  t.strictSame(await node.result('factoid-submit', { transaction: raw }), {
    message: 'Successfully submitted the transaction',
    txid,
  })
  credits += 100
  await settled('bought')
  t.equal(await node.client.entryCreditBalance(key.address), 100)
  const after = (await node.result('factoid-balance', { address: DEV_KEYS.fctAddress })).balance
  t.equal(BigInt(before) - BigInt(after), 100n * BigInt(rate) + fee)
  const state = await node.until('factoid-ack', async () => {
    const state = await node.result('factoid-ack', { txid })
    return state.status !== 'Unknown' && state
  })
  t.match(state.status, /^(TransactionACK|DBlockConfirmed)$/)
  const { factoidtransaction } = await node.result('transaction', { hash: txid })
  t.equal(
    shape(factoidtransaction),
    '{blockheight:n,inputs:[{address:h,amount:n,useraddress:s}],millitimestamp:n,outecs:[{address:h,amount:n,useraddress:s}],' +
      'outputs:[],rcds:[s],sigblocks:[{signatures:[s]}],txid:h}',
  )
  t.equal((await node.result('raw-data', { hash: txid })).data, raw)
  const known = await node.result('multiple-fct-balances', { addresses: [DEV_KEYS.fctAddress] })
  t.equal(shape(known), '{balances:[{ack:n,err:s,saved:n}],currentheight:n,lastsavedheight:n}')
  t.equal(known.balances[0].err, '')
  t.equal(
    shape(state),
    '{blockdate:n,blockdatestring:s,status:s,transactiondate:n,transactiondatestring:s,txid:h}',
  )
  // The same again is not done twice; one of two hours ago and one that pays too little are not done at all.
  await node.call('factoid-submit', { transaction: raw })
  const old = purchase(rate, key, 7, { timeMs: Date.now() - 2 * HOUR })
  const cheap = purchase(rate, key, 9, { less: BigInt(rate) })
  for (const { raw } of [old, cheap])
    t.match(await node.call('factoid-submit', { transaction: raw }), { status: 200 })
})

t.test('a new chain', async (t) => {
  await node.minute(1, 4)
  const message = composeChainCommit({
    chainId: chain.chainId,
    entryHash: chain.hash,
    credits: 11,
    timeMs: Date.now(),
    key,
  })
  const { txid, entryHash } = await node.client.commitChain(message)
  t.equal(entryHash, chain.hash)
  credits -= 11
  await settled('a chain commit is paid at once')
  t.match(await node.call('commit-chain', { message: hex(message) }), {
    error: { code: -32011, message: 'Repeated Commit' },
  })
  const lost = await node.client.commitChain(message).catch(rpcCodeOf)
  t.equal(lost, -32011, 'which our client tells by its number')
  const pending = (await node.result('pending-entries')) as { entryhash: string }[] | null
  const commit = await ack(txid, 'c')
  // Unless the block has been saved meanwhile, as may happen on a busy machine.
  if (commit.commitdata.status === 'TransactionACK') {
    t.match(
      pending?.find(({ entryhash }) => entryhash === chain.hash),
      { entryhash: chain.hash, status: 'TransactionACK' },
    )
    t.equal(
      shape(commit),
      '{commitdata:{status:s,transactiondate:n,transactiondatestring:s},committxid:h,entrydata:{status:s},entryhash:s}',
    )
  } else t.equal(commit.commitdata.status, 'DBlockConfirmed')
  const reveal = await node.result('reveal-chain', { entry: hex(chain.raw) })
  t.strictSame(reveal, { message: 'Entry Reveal Success', entryhash: chain.hash, chainid: chain.chainId })
  await taken(chain.hash)
  const head = await node.result('chain-head', { chainid: chain.chainId })
  const { entrydata } = await ack(chain.hash, chain.chainId)
  if (entrydata.status === 'TransactionACK') t.equal(head.chaininprocesslist, true)
  const entry = await node.result('entry', { hash: chain.hash })
  t.equal(entry.chainid, chain.chainId, 'an entry is there before its block')
  t.equal(entry.extids.length, 2)
})

t.test('commits: raised, repeated, dated wrongly, and of somebody who has nothing', async (t) => {
  await node.minute(1, 4)
  const raised = newEntry(chain.chainId, 'raised')
  await node.result('commit-entry', { message: commitOf(key, raised, 1) })
  credits -= 1
  await settled('one')
  t.match(await node.call('commit-entry', { message: commitOf(key, raised, 1) }), {
    status: 400,
    error: {
      code: -32011,
      message: 'Repeated Commit',
      data: { info: 'A commit with equal or greater payment already exists', entryhash: raised.hash },
    },
  })
  await node.result('commit-entry', { message: commitOf(key, raised, 3) })
  credits -= 3
  await settled('both are paid')
  await node.client.revealEntry(raised.raw)
  await taken(raised.hash)
  // After its reveal a commit for the same entry changes nothing.
  await node.result('commit-entry', { message: commitOf(key, raised, 5) })
  const odd = newEntry(chain.chainId, 'dated')
  for (const off of [-2 * HOUR, 2 * HOUR])
    t.match(await node.call('commit-entry', { message: commitOf(key, odd, 1, Date.now() + off) }), {
      status: 200,
    })
  const stranger = newKey()
  const held = newEntry(chain.chainId, 'held')
  const success = await node.result('commit-entry', { message: commitOf(stranger, held) })
  t.equal(success.message, 'Entry Commit Success', 'success means that it was taken note of')
  await node.result('reveal-entry', { entry: hex(held.raw) })
  t.match((await ack(held.hash, chain.chainId)).entrydata, { status: 'Unknown' })
  t.match(await node.call('entry', { hash: held.hash }), { error: { code: -32008 } })
  const { rate } = await node.result('entry-credit-rate')
  await node.result('factoid-submit', { transaction: purchase(rate, stranger, 5).raw })
  await taken(held.hash)
  t.equal(
    await node.client.entryCreditBalance(stranger.address),
    4,
    'what waited for credits is done when they come',
  )
  t.equal(await balance(), credits, 'nothing else was charged')
})

t.test('a reveal waits for its commit', async (t) => {
  await node.minute(1, 7)
  const early = newEntry(chain.chainId, 'early', [new Uint8Array([1, 2, 3])])
  await node.result('reveal-entry', { entry: hex(early.raw) })
  t.match((await ack(early.hash, chain.chainId)).entrydata, { status: 'Unknown' })
  await node.result('commit-entry', { message: commitOf(key, early) })
  credits -= 1
  await taken(early.hash)
  await settled('early')
  const { data } = await node.result('raw-data', { hash: early.hash })
  t.equal(data, hex(early.raw), 'an entry is there raw before its block')
  const pending = await node.result('transaction', { hash: early.hash })
  t.equal(shape(pending.entry), '{chainid:h,content:s,extids:[s],version:n}')
})

t.test('25 records in flight at once are in one block, whole and once each', async (t) => {
  await node.minute(2, 3)
  const open = (await node.client.heights()).leaderHeight
  const records = Array.from({ length: 25 }, (_, i) => newEntry(chain.chainId, `record ${i}`))
  await Promise.all(records.map((record) => node.result('commit-entry', { message: commitOf(key, record) })))
  await Promise.all(records.map((record) => node.client.revealEntry(record.raw)))
  credits -= 25
  for (const { hash } of records) await taken(hash)
  await settled('25 records')
  const inTime = (await node.client.heights()).leaderHeight === open
  const blocks = await node.until('their block is saved', async () => {
    const confirmed = await Promise.all(records.map(({ hash }) => ack(hash, chain.chainId)))
    return (
      confirmed.every(
        ({ commitdata, entrydata }) =>
          commitdata.status === 'DBlockConfirmed' && entrydata.status === 'DBlockConfirmed',
      ) && confirmed
    )
  })
  t.equal(
    shape(blocks[0]),
    '{commitdata:{status:s,transactiondate:n,transactiondatestring:s},committxid:h,' +
      'entrydata:{blockdate:n,blockdatestring:s,status:s},entryhash:h}',
  )
  const places = await Promise.all(records.map(({ hash }) => node.result('transaction', { hash })))
  t.equal(
    shape(places[0]),
    '{entry:{chainid:h,content:s,extids:[],version:n},includedindirectoryblock:h,includedindirectoryblockheight:n,includedintransactionblock:h}',
  )
  const heights = new Set(places.map(({ includedindirectoryblockheight: height }) => height as number))
  // On a busy machine the block may end between the first and the last.
  if (inTime) t.strictSame([...heights], [open + 1])
  else t.ok(heights.size <= 2)
})

t.test('our publisher: paid once, landed, and known when asked again', async (t) => {
  const journal = join(t.testdir({}), 'journal.jsonl')
  const publisher = createPublisher({ client: node.client, key, journal })
  t.teardown(() => publisher.close())
  // On a busy machine the block may end too early: then another one is tried.
  for (let attempt = 1; ; attempt++) {
    await node.minute(1, 4)
    const height = (await node.client.heights()).leaderHeight + 1
    const records = [1, 2, 3].map((i) => newEntry(chain.chainId, `published ${i}`))
    const entries = records.map(({ raw }) => decodeEntry(raw))
    const results = await publisher.publish(height, entries)
    const sent = results.filter((result) => result.sent).length
    await node.until('paid', async () => (await balance()) === credits - sent)
    credits -= sent
    const early = results.every(({ state }) => state === 'acknowledged')
    if (early) {
      const again = await publisher.publish(height, entries)
      t.strictSame(
        again.map(({ entryHash }) => entryHash),
        records.map(({ hash }) => hash),
      )
      t.equal(await balance(), credits, 'nothing is paid again')
    }
    const saved = await node.until('their block is saved', async () => {
      const { directoryBlockHeight } = await node.client.heights()
      return directoryBlockHeight >= height && directoryBlockHeight
    })
    const places = new Map<string, number>()
    for (const { hash } of records) {
      const found = await node.result('transaction', { hash })
      places.set(hash, found.includedindirectoryblockheight as number)
    }
    const settled = await publisher.settle(saved, (hash) => places.get(hash) ?? null)
    t.notOk(publisher.unsettled(saved))
    published += settled.filter(({ state }) => state === 'landed').length
    if (early && settled.every(({ state }) => state === 'landed')) {
      t.equal(settled.length, 3)
      return
    }
    t.ok(attempt < 5, JSON.stringify(settled.map(({ state, reason }) => [state, reason])))
    if (attempt === 5) return
  }
})

t.test('the saved blocks prove themselves', async (t) => {
  const { chainhead } = await node.result('chain-head', { chainid: chain.chainId })
  const seen = new Map<string, number>()
  let keyMr = chainhead as string
  let sequence = Infinity
  for (; keyMr !== ZERO;) {
    const raw = Buffer.from((await node.result('raw-data', { hash: keyMr })).data, 'hex')
    const block = decodeEntryBlock(raw)
    t.equal(block.keyMr, keyMr)
    const entryBlock = await node.result('entry-block', { keymr: keyMr })
    t.equal(
      shape(entryBlock),
      '{entrylist:[{entryhash:h,timestamp:n}],header:{blocksequencenumber:n,chainid:h,dbheight:n,prevkeymr:h,timestamp:n}}',
    )
    t.strictSame(
      entryBlock.entrylist.map(({ entryhash, timestamp }: any) => [
        entryhash,
        (timestamp - entryBlock.header.timestamp) / 60,
      ]),
      block.entries.map(({ hash, minute }) => [hash, minute]),
    )
    t.ok(block.sequence < sequence)
    sequence = block.sequence
    for (const { hash } of block.entries) {
      seen.set(hash, (seen.get(hash) ?? 0) + 1)
      const entry = Buffer.from((await node.result('raw-data', { hash })).data, 'hex')
      t.equal(entryHash(entry), hash)
    }
    await directoryOf(t, block.height, keyMr)
    keyMr = block.prevKeyMr
  }
  t.equal(sequence, 0)
  t.ok(seen.size >= 29 + published, 'the first one, raised, held, early, 25 records, and what was published')
  t.ok(
    [...seen.values()].every((times) => times === 1),
    'each once',
  )
})

/** The directory block of a height, checked in every form that the node gives, and what is in it. */
async function directoryOf(t: Test, height: number, member: string): Promise<void> {
  const { dblock, rawdata } = await node.result('dblock-by-height', { height })
  t.equal(
    shape(dblock),
    '{dbentries:[{chainid:h,keymr:h}],dbhash:h,header:{blockcount:n,bodymr:h,chainid:h,dbheight:n,networkid:n,' +
      'prevfullhash:h,prevkeymr:h,timestamp:n,version:n},headerhash:h,keymr:h}',
  )
  const block = decodeDirectoryBlock(Buffer.from(rawdata, 'hex'))
  t.equal(block.keyMr, dblock.keymr)
  t.equal(block.fullHash, dblock.dbhash)
  t.ok(block.rows.some(({ keyMr }) => keyMr === member))
  const before = await node.result('dblock-by-height', { height: height - 1, noraw: true })
  t.equal(block.prevKeyMr, before.dblock.keymr)
  t.notOk('rawdata' in before)
  const listed = await node.result('directory-block', { keymr: block.keyMr })
  t.match(listed, {
    header: { prevblockkeymr: block.prevKeyMr, sequencenumber: height, timestamp: block.timeMinutes * 60 },
  })
  t.equal(listed.entryblocklist.length, block.rows.length)
  const [, creditRow, factoidRow] = block.rows
  const factoids = await node.result('fblock-by-height', { height })
  const factoidBlock = decodeFactoidBlock(Buffer.from(factoids.rawdata, 'hex'))
  t.equal(factoidBlock.keyMr, factoidRow?.keyMr)
  t.equal(factoids.fblock.keymr, factoidRow?.keyMr)
  t.equal(factoids.fblock.ledgerkeymr, factoidBlock.ledgerKeyMr)
  t.match(
    shape(factoids.fblock),
    /^\{bodymr:h,chainid:h,dbheight:n,exchrate:n,keymr:h,ledgerkeymr:h,prevkeymr:h,prevledgerkeymr:h,transactions:\[\{blockheight:n,inputs:\[.*\],millitimestamp:n,outecs:\[.*\],outputs:\[.*\],rcds:\[.*\],sigblocks:\[.*\],txid:h\}\]\}$/,
  )
  const paid = await node.result('ecblock-by-height', { height })
  const credit = decodeEntryCreditBlock(Buffer.from(paid.rawdata, 'hex'))
  t.equal(credit.headerHash, creditRow?.keyMr)
  t.equal(paid.ecblock.headerhash, creditRow?.keyMr)
  t.strictSame(
    credit.records.flatMap((record) => (record.kind === 'minute' ? [record.minute] : [])),
    [1, 2, 3, 4, 5, 6, 7, 8, 9, 10],
  )
  const admin = await node.result('ablock-by-height', { height })
  t.match(admin, { ablock: { header: { dbheight: height } } })
  // By key the same is told as by height.
  t.strictSame(await node.result('factoid-block', { keymr: factoidBlock.keyMr }), factoids)
  t.strictSame(await node.result('entrycredit-block', { keymr: credit.headerHash }), paid)
  t.strictSame(await node.result('admin-block', { keymr: admin.ablock.lookuphash }), admin)
  t.equal(
    shape(paid.ecblock.header),
    '{bodyhash:h,bodysize:n,chainid:h,dbheight:n,ecchainid:h,headerexpansionarea:s,objectcount:n,prevfullhash:h,prevheaderhash:h}',
  )
  for (const entry of paid.ecblock.body.entries)
    t.match(
      shape(entry),
      /^\{number:n\}$|^\{(chainidhash:h,)?credits:n,ecpubkey:h,entryhash:h,millitime:s,sig:s,version:n(,weld:h)?\}$/,
    )
}

t.test('our minute clock sees the minutes of a block in order', async (t) => {
  const ending = new AbortController()
  const seen: { height: number; minute: number }[] = []
  for await (const { height, minute } of createMinuteClock(node.client, { signal: ending.signal })) {
    if (seen.length > 0 || minute === 1) seen.push({ height, minute })
    if (seen.length > 1 && minute === 1) ending.abort()
  }
  const minutes = seen.map(({ height, minute }) => `${height}/${minute}`).join(' ')
  const [first] = seen
  t.ok(first)
  // A busy machine may miss a minute, never one out of order.
  for (const [i, { height, minute }] of seen.entries()) {
    const before = seen[i - 1]
    if (!before) continue
    const opened = height === before.height && minute === 0 && before.minute >= 9
    const onward = height === before.height && minute > before.minute
    const saved = height > before.height && minute > 0
    t.ok(opened || onward || saved, minutes)
  }
  t.ok((await node.client.heights()).directoryBlockHeight + 1 >= (seen.at(-1)?.height ?? Infinity))
})
