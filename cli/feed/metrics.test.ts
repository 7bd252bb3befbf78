import t from 'tap'

import type { GatewayView } from '../../oracle/feed/index.js'
import { createMetrics } from '../../telemetry/index.js'
import { copyFeed, feedLive, feedReady } from './metrics.js'

t.test('a pass that lies in the future is not a recent one', (t) => {
  const lastPass = 1_700_000_000_000
  const view = {
    name: 'g',
    settings: { headers: true, pollMs: 2_000, timeoutMs: 30_000, readyLag: 5 },
    relay: { lastPass, plan: { lag: 0 }, state: { state: 'idle' } },
    withdrawals: null,
    trouble: null,
  } as unknown as GatewayView
  const passes = (wallMs: number) => feedReady([view], wallMs)[0]
  t.match(passes(lastPass + 10_000), { ok: true, found: '10 s ago' })
  t.match(passes(lastPass + 61_000), { ok: false })
  t.match(passes(lastPass - 5 * 3_600_000), { ok: false, found: 'not since the clock was set' })
  t.end()
})

t.test('a gateway that has begun, one that only signs, and none', (t) => {
  const settings = { headers: true, pollMs: 2_000, timeoutMs: 30_000, readyLag: 5 }
  const ready = (view: object) =>
    feedReady(
      [
        {
          name: 'g',
          settings,
          relay: null,
          withdrawals: null,
          trouble: null,
          ...view,
        } as unknown as GatewayView,
      ],
      10_000,
    ).map(({ ok, found }) => [ok, found])
  t.same(ready({}), [
    [false, 'none yet'],
    [false, 'not known yet'],
  ])
  t.same(ready({ trouble: 'nobody answers' })[0], [false, 'nobody answers'])
  t.same(ready({ settings: { ...settings, headers: false }, withdrawals: { lastPass: 4_000 } }), [
    [true, '6 s ago'],
  ])
  t.same(ready({ settings: { ...settings, headers: false } }), [[false, 'none yet']])
  t.match(feedLive([]), [{ ok: false, found: '0 gateways' }])
  t.end()
})

t.test('funds of a gateway, for Prometheus', async (t) => {
  const metrics = createMetrics({ version: '1', network: 'local' })
  const view = {
    ...{ name: 'g', relay: null, withdrawals: null, daemons: { asset: 'ok', reference: 'ok' } },
    file: { state: { withdrawals: {} } },
  }
  const shown = async (treasury: object | null): Promise<string[]> => {
    copyFeed(metrics.tree, [{ ...view, treasury } as unknown as GatewayView], 0)
    const lines = (await metrics.render()).split('\n')
    return lines.filter((line) => /^pegnet_feed_(funds_alarm|wallet_coins|headers_left)\{/.test(line)).sort()
  }
  t.same(await shown(null), [])
  t.match(await shown({ alarm: 'buy coins', wallet: 150_000_000n, forecast: { headersLeft: 7 } }), [
    /^pegnet_feed_funds_alarm.* 1$/,
    /^pegnet_feed_headers_left.* 7$/,
    /^pegnet_feed_wallet_coins.* 1\.5$/,
  ])
  t.match(await shown({ alarm: null, wallet: null, forecast: null }), [/^pegnet_feed_funds_alarm.* 0$/])
})
