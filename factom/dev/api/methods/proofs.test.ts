import t from 'tap'
import type { Test } from 'tap'

import { hashBytes, sha256, toHex } from '../../../bytes.js'
import { entryHash } from '../../../entry.js'
import { openDirectory } from '../../store/directory.js'
import { recordedBlocks, recordedCalls, recordedViews } from '../../fixtures/recordings.js'
import { startDevChain } from '../../index.js'

interface Node {
  readonly left: string
  readonly right: string
  readonly top: string
}

interface Receipt {
  readonly entry: { readonly raw?: string; readonly entryhash: string; readonly timestamp: number }
  readonly merklebranch: readonly Node[]
  readonly entryblockkeymr: string
  readonly directoryblockkeymr: string
  readonly directoryblockheight: number
}

interface Reply {
  readonly id: unknown
  readonly result?: Record<string, unknown>
  readonly error?: { readonly code: number; readonly message: string; readonly data?: unknown }
}

/** The recorded chain of a real node, and a question to it. */
async function recordedChain(t: Test) {
  const dataDir = t.testdir()
  const directory = openDirectory(dataDir)
  for (const block of recordedBlocks().slice(1)) directory.save(block)
  const chain = await startDevChain({ dataDir, blockSeconds: 20, manual: true, fund: 0, chains: [] })
  t.teardown(() => chain.close())
  const call = async (method: string, params: unknown): Promise<Reply> => {
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params })
    return (await (await fetch(`${chain.url}/v2`, { method: 'POST', body })).json()) as Reply
  }
  return { chain, call }
}

/** Every hash on the way up, each step checked to hold the one before. */
function walk(t: Test, { entry, merklebranch }: Receipt): string[] {
  const tops: string[] = []
  let at = entry.entryhash
  for (const { left, right, top } of merklebranch) {
    if (left !== at && right !== at) t.fail(`${at} is on neither side of its step`)
    if (toHex(sha256(hashBytes(left), hashBytes(right))) !== top)
      t.fail(`${top} is not the hash of its sides`)
    tops.push(top)
    at = top
  }
  return tops
}

t.test('a receipt leads from every recorded entry to the key of its directory block', async (t) => {
  const { call } = await recordedChain(t)
  let seen = 0
  for (const view of recordedViews()) {
    const { dblock } = view.directoryBlock as unknown as { dblock: { keymr: string } }
    for (const entryBlock of view.entryBlocks) {
      const { entrylist } = entryBlock.json as {
        entrylist: { entryhash: string; timestamp: number }[]
      }
      for (const { entryhash, timestamp } of entrylist) {
        const { result } = await call('receipt', { hash: entryhash })
        const receipt = result?.['receipt'] as Receipt
        const tops = walk(t, receipt)
        t.ok(tops.includes(entryBlock.keymr), 'past the entry block')
        t.equal(tops.at(-1), dblock.keymr, 'up to the directory block')
        t.match(receipt, {
          entry: { entryhash, timestamp },
          entryblockkeymr: entryBlock.keymr,
          directoryblockkeymr: dblock.keymr,
          directoryblockheight: view.height,
        })
        t.notOk('raw' in receipt.entry)
        seen++
      }
    }
  }
  t.ok(seen > 10)
})

t.test('a receipt with the entry, and what there is none of', async (t) => {
  const { chain, call } = await recordedChain(t)
  const block = recordedViews().find(({ entryBlocks }) => entryBlocks.length > 0)
  const hash = block?.entryBlocks[0]?.entries[0]?.hash ?? ''
  const { result } = await call('receipt', { Hash: hash, includeRawEntry: true })
  const { entry } = result?.['receipt'] as Receipt
  t.equal(entryHash(Buffer.from(entry.raw ?? '', 'hex')), hash)
  t.match(await call('receipt', { hash: '00'.repeat(32) }), {
    error: { code: -32010, message: 'Receipt creation error' },
  })
  const keymr = block?.entryBlocks[0]?.keymr
  t.match(await call('receipt', { hash: keymr }), { error: { code: -32010 } }, 'no entry')
  t.match(await call('receipt', {}), { error: { code: -32602, data: 'Invalid Hash' } })
  t.match(await call('receipt', { hash, includerawentry: 1 }), { error: { code: -32602 } })
  t.equal(chain.savedHeight, 5)
})

t.test('anchors: a LOCAL network has none, but knows which block is asked for', async (t) => {
  const { call } = await recordedChain(t)
  const view = recordedViews().find(({ entryBlocks }) => entryBlocks.length > 0)
  const { dblock } = view?.directoryBlock as unknown as {
    dblock: { keymr: string; dbentries: { keymr: string }[] }
  }
  const none = {
    directoryblockheight: view?.height,
    directoryblockkeymr: dblock.keymr,
    bitcoin: false,
    ethereum: false,
  }
  t.strictSame((await call('anchors', { height: view?.height })).result, none)
  const entry = view?.entryBlocks[0]?.entries[0]?.hash
  for (const hash of [dblock.keymr, entry, ...dblock.dbentries.map(({ keymr }) => keymr)])
    t.strictSame((await call('anchors', { hash })).result, none)
  const commit = recordedCalls().find(({ label }) => label === 'commit-chain root')?.reply ?? ''
  const { txid } = (JSON.parse(commit) as { result: { txid: string } }).result
  t.strictSame((await call('anchors', { hash: txid })).result, none, 'by the commit of an entry')
  t.match((await call('anchors', { height: 0, hash: entry })).result, { directoryblockheight: 0 })
  t.match(await call('anchors', { height: 99 }), { error: { code: -32008, message: 'Block not found' } })
  t.match(await call('anchors', { hash: '00'.repeat(32) }), {
    error: { code: -32008, message: 'Object not found' },
  })
  t.match(await call('anchors', { hash: 'zz' }), { error: { code: -32602, data: 'Invalid Hash' } })
  t.match(await call('anchors', {}), { error: { code: -32602 } })
})
