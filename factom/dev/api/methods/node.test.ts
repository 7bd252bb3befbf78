import t from 'tap'

import { startDevChain } from '../../index.js'
import { transactionRate } from './rate.js'

interface Reply {
  readonly result?: Record<string, unknown>
  readonly error?: { readonly code: number; readonly data?: unknown }
}

t.test('the node about itself', async (t) => {
  const clock = { now: 1_795_254_060_000 }
  const chain = await startDevChain({
    dataDir: t.testdir(),
    blockSeconds: 20,
    manual: true,
    now: () => clock.now,
  })
  t.teardown(() => chain.close())
  const call = async (method: string, params?: unknown): Promise<Reply> => {
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params })
    return (await (await fetch(`${chain.url}/v2`, { method: 'POST', body })).json()) as Reply
  }
  const minute = (ms: number) => {
    clock.now += ms
    chain.tick()
  }

  t.strictSame((await call('tps-rate')).result, { totaltxrate: 0, instanttxrate: 0 })
  const first = (await call('diagnostics')).result
  t.match(first, { role: 'Leader', leaderheight: 1, currentminute: 0, syncing: { status: 'Processing' } })
  t.not(first?.['balancehash'], first?.['tempbalancehash'], 'credits were bought in the open block')
  for (let i = 0; i < 11; i++) minute(2000)
  clock.now += 700
  const later = (await call('diagnostics')).result
  t.match(later, {
    leaderheight: 2,
    currentminute: 1,
    currentminuteduration: 700_000_000,
    previousminuteduration: 2_000_000_000,
    balancehash: /^0002/,
  })
  t.equal(later?.['balancehash'], later?.['tempbalancehash'], 'all is saved')

  t.strictSame((await call('replay-from-height', { startheight: 0 })).result, {
    message: 'Successfully initiated replay of blocks 0 through 1',
    startheight: 0,
    endheight: 1,
  })
  t.match((await call('replay-from-height', { startheight: 1, endheight: 9 })).result, { endheight: 1 })
  t.match(await call('replay-from-height', { startheight: 2 }), {
    error: { code: -32602, data: 'Starting block height must be less than ending block height' },
  })
  t.match(await call('replay-from-height', { startheight: -1 }), { error: { code: -32602 } })
})

t.test('transactions a second: what is new counts a third, and a 32nd', (t) => {
  const rate = transactionRate()
  t.same(rate(500, 0), { total: 0, instant: 0 }, 'what was there before is not counted')
  t.same(rate(900, 2999), { total: 0, instant: 0 }, 'not before three seconds are over')
  t.same(rate(756, 4000), { total: 2, instant: 64 / 3 })
  const { total, instant } = rate(756, 8000)
  t.same([total, instant], [(31 * 2) / 32, (2 * 64) / 3 / 3])
  t.end()
})
