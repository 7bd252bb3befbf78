import t from 'tap'

import type { GatewayView } from '../../oracle/feed/index.js'
import { feedReady } from './metrics.js'

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
