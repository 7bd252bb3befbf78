import t from 'tap'

import { ecKey, encodeAddress, factoidKey } from '../../address.js'
import { fromHex, toHex, uintBytes } from '../../bytes.js'
import { composeChainCommit, composeEntryCommit } from '../../commit.js'
import { decodeEntryBlock } from '../../entry-block.js'
import { chainIdOf, encodeEntry, entryHash } from '../../entry.js'
import {
  composeTransaction,
  decodeDirectoryBlock,
  decodeEntryCreditBlock,
  decodeFactoidBlock,
  transactionFee,
} from '../blocks/index.js'
import type { SavedBlock } from '../blocks/index.js'
import { DEV_KEYS } from '../bootstrap.js'
import { goMinersBlocks, recordedBlocks } from '../fixtures/recordings.js'
import { genesisBlock } from '../genesis.js'
import { createArchive } from '../store/archive.js'
import { applyEvent } from './machine.js'
import { repeatsCommit, welcome, type Message } from './messages.js'
import { freshState, pendingEntry } from './state.js'

const START = 1_700_000_000_000
const MINUTE = 60_000
const key = ecKey(DEV_KEYS.ecSecret)
const sand = factoidKey(DEV_KEYS.fctSecret)
/** A factoid key that is in no genesis. */
const strangerKey = (number: number) => factoidKey(encodeAddress('Fs', uintBytes(2 ** 40 + number, 32)))
const poorKey = ecKey('Es3LB2YW9bpdWmMnNQYb31kyPzqnecsNqmg5W4K7FKp4UP6omRTa')

/** A chain in memory with a clock that is moved by hand. */
function newChain(startMs = START) {
  const archive = createArchive(genesisBlock(), (height) => {
    throw new Error(`block ${height} is not in memory`)
  })
  const state = freshState(1, archive.balances, startMs)
  const chain = {
    archive,
    state,
    now: startMs,
    /** Returns whether the message was taken. */
    send(message: Message): boolean {
      const passes = welcome(state, message, chain.now)
      if (passes) applyEvent(state, archive, { ...message, atMs: chain.now })
      return passes
    },
    tick(count = 1, minuteMs = MINUTE) {
      for (let i = 0; i < count; i++) {
        chain.now += minuteMs
        applyEvent(state, archive, { type: 'tick', atMs: chain.now })
      }
    },
    /** Ticks up to minute `minute` of the next block. */
    nextBlock(minute = 1) {
      do chain.tick()
      while (state.minute !== minute)
    },
    credits: (of = key) => state.balances.credits.get(toHex(of.publicKey)) ?? 0,
    factoids: (address: string) => state.balances.factoids.get(address) ?? 0n,
    inBlock: (hash: string) => pendingEntry(state, hash) !== undefined,
  }
  return chain
}
type Chain = ReturnType<typeof newChain>

function buy(chain: Chain, credits: number, buyer = key): Message {
  const amount = BigInt(credits) * 1000n
  const compose = (fee: bigint) =>
    composeTransaction(
      {
        timeMs: chain.now,
        inputs: [{ amount: amount + fee, address: toHex(sand.rcdHash) }],
        outputs: [],
        ecOutputs: [{ amount, address: toHex(buyer.publicKey) }],
      },
      [sand],
    )
  return { type: 'factoid', raw: compose(transactionFee(compose(0n), 1000n)).raw }
}

const bytes = (text: string) => new TextEncoder().encode(text)

function chainOf(name: string) {
  const extIds = [bytes('test'), bytes(name)]
  const chainId = chainIdOf(extIds)
  const raw = encodeEntry({ chainId, extIds, content: new Uint8Array() })
  return { chainId, raw, hash: entryHash(raw) }
}

function entryOf(chainId: string, content: string | Uint8Array) {
  const raw = encodeEntry({
    chainId,
    extIds: [],
    content: typeof content === 'string' ? bytes(content) : content,
  })
  return { raw, hash: entryHash(raw) }
}

const reveal = (raw: Uint8Array): Message => ({ type: 'reveal', raw })

function commit(hash: string, timeMs: number, credits = 1, by = key): Message {
  return { type: 'commit-entry', raw: composeEntryCommit({ entryHash: hash, credits, timeMs, key: by }) }
}

function commitChain(chain: { chainId: string; hash: string }, timeMs: number, credits = 11): Message {
  const { chainId, hash } = chain
  return { type: 'commit-chain', raw: composeChainCommit({ chainId, entryHash: hash, credits, timeMs, key }) }
}

/** A chain with money and one entry chain. */
function readyChain() {
  const chain = newChain()
  const home = chainOf('home')
  chain.tick()
  chain.send(buy(chain, 1000))
  chain.send(commitChain(home, chain.now))
  chain.send(reveal(home.raw))
  t.equal(chain.credits(), 989)
  return { chain, home }
}

/** Feeds what a recorded block holds, minute by minute, as its leader got it. */
function replay(chain: Chain, block: SavedBlock) {
  const credit = decodeEntryCreditBlock(block.entryCredit)
  const factoid = decodeFactoidBlock(block.factoid)
  const entries = block.entryBlocks.flatMap(({ raw, entries: raws }) =>
    decodeEntryBlock(raw).entries.map(({ minute }, i) => ({ minute, raw: raws[i] as Uint8Array })),
  )
  let at = 0
  for (let minute = 0; minute < 10; minute++) {
    // The marks cannot tell minute 0 from 1; nothing was sent that early.
    const placed = factoid.transactions.slice(1).filter((tx) => minute > 0 && tx.marksBefore === minute - 1)
    for (const { transaction } of placed) chain.send({ type: 'factoid', raw: transaction.raw })
    for (let record = credit.records[at++]; record && record.kind !== 'minute'; record = credit.records[at++])
      chain.send({ type: record.kind === 'chain' ? 'commit-chain' : 'commit-entry', raw: record.raw })
    for (const entry of entries.filter((one) => one.minute === minute + 1)) chain.send(reveal(entry.raw))
    if (minute < 9) chain.tick(1, 1)
  }
}

for (const [name, recorded] of Object.entries({
  'node by hand': recordedBlocks(),
  'Go miners': goMinersBlocks(),
})) {
  t.test(`the same messages at the same times make the same blocks, byte for byte: ${name}`, (t) => {
    const openings = recorded.map(
      (block) => decodeFactoidBlock(block.factoid).transactions[0]?.transaction.timeMs ?? 0,
    )
    const chain = newChain(openings[1])
    for (const block of recorded.slice(1)) {
      t.equal(chain.state.height, block.height)
      replay(chain, block)
      chain.now = openings[block.height + 1] ?? chain.now
      chain.tick(1, 0)
      t.same(chain.state.closing?.block, block, `block ${block.height}`)
    }
    chain.tick(1, 1)
    t.equal(chain.archive.tip.height, recorded.length - 1)
    t.end()
  })
}

t.test('commits: paid at once, raised, repeated', (t) => {
  const { chain, home } = readyChain()
  const one = entryOf(home.chainId, 'one')
  const offer = (credits: number) => ({ entryHash: one.hash, credits }) as Parameters<typeof repeatsCommit>[2]
  chain.send(commit(one.hash, chain.now, 2))
  t.equal(chain.credits(), 987)
  t.ok(repeatsCommit(chain.state, 'entry', offer(2)), 'equal pay is a repetition')
  t.ok(repeatsCommit(chain.state, 'entry', offer(1)))
  t.notOk(repeatsCommit(chain.state, 'entry', offer(3)), 'more is not')
  t.notOk(repeatsCommit(chain.state, 'chain', offer(2)), 'a chain commit is another matter')
  t.notOk(chain.send(commit(one.hash, chain.now, 2)), 'the same txid is not taken twice')
  chain.send(commit(one.hash, chain.now + 1, 3))
  t.equal(chain.credits(), 984, 'both are paid')
  chain.send(reveal(one.raw))
  t.ok(chain.inBlock(one.hash))
  chain.send(commit(one.hash, chain.now + 2, 1))
  t.equal(chain.credits(), 984, 'a commit after the reveal costs nothing')
  t.notOk(chain.send(reveal(one.raw)))
  t.end()
})

t.test('commits that are dated more than an hour off are dropped', (t) => {
  const { chain, home } = readyChain()
  const one = entryOf(home.chainId, 'one')
  const minute = Math.floor(chain.now / MINUTE) * MINUTE
  t.notOk(chain.send(commit(one.hash, minute - 60 * MINUTE - 1)))
  t.notOk(chain.send(commit(one.hash, minute + 61 * MINUTE)))
  t.equal(chain.credits(), 989)
  t.ok(chain.send(commit(one.hash, minute + 60 * MINUTE)))
  t.equal(chain.credits(), 988)
  t.end()
})

t.test('a commit without credits waits for them', (t) => {
  const { chain, home } = readyChain()
  const one = entryOf(home.chainId, 'one')
  chain.send(commit(one.hash, chain.now, 2, poorKey))
  chain.send(reveal(one.raw))
  t.notOk(chain.inBlock(one.hash))
  chain.send(buy(chain, 1, poorKey))
  t.notOk(chain.inBlock(one.hash), 'one credit is not enough')
  chain.now++
  chain.send(buy(chain, 1, poorKey))
  t.ok(chain.inBlock(one.hash), 'commit and reveal follow the money')
  t.equal(chain.credits(poorKey), 0)
  t.end()
})

t.test('reveals wait: for a commit, a better commit, their chain', (t) => {
  const { chain, home } = readyChain()
  const early = entryOf(home.chainId, 'early')
  chain.send(reveal(early.raw))
  t.notOk(chain.inBlock(early.hash))
  chain.send(commit(early.hash, chain.now))
  t.ok(chain.inBlock(early.hash))

  const large = entryOf(home.chainId, new Uint8Array(1025))
  chain.send(commit(large.hash, chain.now, 1))
  chain.send(reveal(large.raw))
  t.notOk(chain.inBlock(large.hash), 'underpaid')
  chain.send(commit(large.hash, chain.now, 2))
  t.ok(chain.inBlock(large.hash))

  const other = chainOf('other')
  const orphan = entryOf(other.chainId, 'orphan')
  chain.send(commit(orphan.hash, chain.now))
  chain.send(reveal(orphan.raw))
  t.notOk(chain.inBlock(orphan.hash), 'no such chain')
  chain.send(commitChain(other, chain.now))
  chain.send(reveal(other.raw))
  t.ok(chain.inBlock(orphan.hash), 'it goes in behind the first entry of its chain')
  chain.nextBlock(9)
  chain.nextBlock(1)
  t.equal(chain.archive.place(orphan.hash)?.kind, 'entry')
  t.end()
})

t.test('chain commits: another chain, underpaid, a chain that exists', (t) => {
  const { chain, home } = readyChain()
  const a = chainOf('a')
  const b = chainOf('b')
  chain.send(commitChain({ chainId: b.chainId, hash: a.hash }, chain.now))
  chain.send(reveal(a.raw))
  t.notOk(chain.inBlock(a.hash), 'the ids do not hash to the committed chain: dropped')
  chain.send(commitChain(a, chain.now, 12))
  t.notOk(chain.inBlock(a.hash), 'a dropped reveal does not come back by itself')
  chain.send(reveal(a.raw))
  t.ok(chain.inBlock(a.hash))

  const again = encodeEntry({
    chainId: home.chainId,
    extIds: [bytes('test'), bytes('home')],
    content: bytes('again'),
  })
  const before = chain.credits()
  chain.send(commitChain({ chainId: home.chainId, hash: entryHash(again) }, chain.now))
  chain.send(reveal(again))
  t.ok(chain.inBlock(entryHash(again)), 'an entry like any other')
  t.equal(chain.credits(), before - 11)
  t.end()
})

t.test('what waits is forgotten after an hour', (t) => {
  const { chain, home } = readyChain()
  const one = entryOf(home.chainId, 'one')
  chain.send(reveal(one.raw))
  t.equal(chain.state.held.length, 1)
  chain.tick(60)
  t.equal(chain.state.held.length, 1)
  chain.tick(15)
  t.equal(chain.state.held.length, 0)
  const two = entryOf(home.chainId, 'two')
  chain.send(commit(two.hash, chain.now))
  chain.tick(62)
  t.notOk(chain.state.commits.has(two.hash), 'a commit without its reveal likewise')
  t.end()
})

t.test('an entry is not taken twice within 90 minutes', (t) => {
  const { chain, home } = readyChain()
  const one = entryOf(home.chainId, 'one')
  const write = () => {
    chain.send(commit(one.hash, chain.now))
    chain.send(reveal(one.raw))
    return chain.inBlock(one.hash)
  }
  t.ok(write())
  chain.tick(85)
  const before = chain.credits()
  t.notOk(write())
  t.equal(chain.credits(), before)
  chain.tick(7)
  t.ok(write())
  t.equal(chain.credits(), before - 1)
  t.end()
})

t.test('factoids: fees, balances, waiting for funds', (t) => {
  const chain = newChain()
  chain.tick(2)
  const friend = strangerKey(1)
  const pay = (from: typeof sand, to: string, amount: bigint, fee: bigint): Message => ({
    type: 'factoid',
    raw: composeTransaction(
      {
        timeMs: chain.now++,
        inputs: [{ amount: amount + fee, address: toHex(from.rcdHash) }],
        outputs: [{ amount, address: to }],
        ecOutputs: [],
      },
      [from],
    ).raw,
  })
  const [mine, theirs] = [toHex(sand.rcdHash), toHex(friend.rcdHash)]
  const rich = chain.factoids(mine)
  t.equal(rich, 2_000_000_000_000n)
  chain.send(pay(sand, theirs, 5n, 11_999n))
  t.equal(chain.factoids(mine), rich, 'too low a fee: dropped')
  chain.send(pay(friend, mine, 1_000n, 12_000n))
  t.equal(chain.factoids(mine), rich, 'no funds: held')
  t.equal(chain.state.held.length, 1)
  chain.send(pay(sand, theirs, 20_000n, 12_000n))
  t.equal(chain.state.held.length, 0, 'released by the payment')
  t.equal(chain.factoids(theirs), 7_000n)
  t.equal(chain.factoids(mine), rich - 31_000n)
  const placed = chain.state.open.transactions.map(({ marksBefore }) => marksBefore)
  t.same(placed, [0, 1, 1])
  t.end()
})

t.test('a long row of transactions, each of which waits for the next one sent', (t) => {
  const chain = newChain()
  const keys = [sand, ...Array.from({ length: 500 }, (_, i) => strangerKey(i + 1))]
  const fee = 12_000n
  const row = keys.slice(0, -1).map((payer, i) => {
    const amount = BigInt(keys.length - i) * 2n * fee
    const to = toHex((keys[i + 1] as typeof sand).rcdHash)
    const inputs = [{ amount: amount + fee, address: toHex(payer.rcdHash) }]
    return composeTransaction({ timeMs: START, inputs, outputs: [{ amount, address: to }], ecOutputs: [] }, [
      payer,
    ])
  })
  for (const { raw } of row.toReversed()) chain.send({ type: 'factoid', raw })
  t.equal(chain.state.held.length, 0)
  t.equal(chain.state.open.transactions.length, row.length + 1)
  t.end()
})

t.test('blocks link up, also for entries of minute 0', (t) => {
  const { chain, home } = readyChain()
  chain.nextBlock(0)
  const one = entryOf(home.chainId, 'one')
  chain.send(commit(one.hash, chain.now))
  chain.send(reveal(one.raw))
  t.ok(chain.state.closing, 'the block before is not saved yet')
  t.ok(chain.inBlock(one.hash))
  chain.nextBlock(1)
  t.equal(chain.archive.tip.height, 1)
  chain.nextBlock(1)
  t.equal(chain.archive.tip.height, 2)
  t.match(chain.archive.head(home.chainId), { sequence: 1, height: 2 })
  const row = decodeDirectoryBlock((chain.archive.block(2) as SavedBlock).directory).rows[3]
  t.equal(row?.keyMr, chain.archive.head(home.chainId)?.keyMr)
  const raw = chain.archive.block(2)?.entryBlocks[0]?.raw ?? new Uint8Array()
  t.same(decodeEntryBlock(raw).entries, [{ hash: one.hash, minute: 1 }])
  t.end()
})

t.test('the archive refuses what does not fit', (t) => {
  const [, first, second] = recordedBlocks() as [SavedBlock, SavedBlock, SavedBlock]
  const archive = () => createArchive(genesisBlock(), () => genesisBlock())
  const damaged = { code: 'E_DEVCHAIN_DAMAGED' }
  t.throws(() => archive().append(second), damaged)
  t.throws(() => archive().append({ ...first, admin: second.admin }), damaged)
  t.throws(() => archive().append({ ...first, entryBlocks: first.entryBlocks.slice(1) }), damaged)
  const swapped = first.entryBlocks.map(({ raw, entries }) => ({ raw, entries: entries.slice().reverse() }))
  t.throws(() => archive().append({ ...first, entryBlocks: swapped }), damaged)
  t.throws(() => archive().append({ ...first, directory: fromHex('00') ?? first.directory }), damaged)
  t.end()
})
