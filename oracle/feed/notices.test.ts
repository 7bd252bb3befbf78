/** What a gateway tells: each trouble once, and again if it lasts. */
import t from 'tap'

import { fail } from './errors.js'
import { createNotices } from './notices.js'

function noticesOf() {
  const lines: string[] = []
  let now = 0
  const notices = createNotices({
    gateway: 'g',
    emit: (event) => event.event === 'notice' && lines.push(`${event.level} ${event.code} ${event.message}`),
    monotonicMs: () => now,
  })
  const said = (): string[] => lines.splice(0)
  return { notices, said, wait: (ms: number) => void (now += ms) }
}

t.test('daemons', (t) => {
  const { notices, said } = noticesOf()
  const states = [
    { state: 'up' },
    { state: 'down' },
    { state: 'down', starting: true },
    { state: 'suspect' },
    { state: 'hung' },
  ]
  for (const state of states) notices.health('asset', state as never)
  t.match(said(), [
    'info E_KOMODO_UP the asset daemon answers, and its chain moves',
    'warn E_KOMODO_UNREACHABLE the asset daemon cannot be reached',
    'warn E_KOMODO_WARMUP the asset daemon is starting',
    /^warn E_KOMODO_TIMEOUT the asset daemon did not answer in time/,
    /^warn E_KOMODO_HUNG the asset daemon hangs: kill it with SIGKILL/,
  ])
  t.end()
})

t.test('lines of the check list that have changed', (t) => {
  const { notices, said } = noticesOf()
  const line = (result: 'ok' | 'warn' | 'fail', remedy = '') => ({
    name: 'coins',
    result,
    found: 'none',
    remedy,
  })
  for (const one of [line('ok'), line('warn', 'send some'), line('warn'), line('fail'), line('ok')])
    notices.checked([one])
  t.same(said(), ['warn E_FEED_CHECK coins: none; send some', 'error E_FEED_CHECK coins: none'])
  t.match(notices.checks, [{ result: 'ok' }])
  t.end()
})

t.test('trouble of passes', (t) => {
  const { notices, said, wait } = noticesOf()
  const trouble = fail('E_FEED_LOCKED', 'in use')
  notices.failed(trouble)
  notices.failed(trouble)
  t.same(said(), ['error E_FEED_LOCKED in use'])
  t.equal(notices.trouble, 'in use')
  wait(600_000)
  notices.failed(trouble)
  t.same(said(), ['error E_FEED_LOCKED in use'], 'again if it lasts')
  notices.failed(new TypeError('no function'))
  t.same(said(), ['error E_FEED_INTERNAL no function'])
  notices.passed({ again: false })
  notices.failed(trouble)
  t.same(said(), [])
  notices.passed({ again: true })
  t.equal(notices.trouble, null)
  notices.failed(trouble)
  t.same(said(), ['error E_FEED_LOCKED in use'], 'and anew after it was over')
  notices.damaged(0)
  notices.damaged(2)
  t.match(said(), [/^warn E_FEED_STATE 2 lines of published.jsonl were damaged/])
  t.end()
})
