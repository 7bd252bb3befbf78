/** The user of the embedded pair of Komodo chains. */
import t from 'tap'

import { startChains } from '../../komodo/dev/fixtures/chains.js'
import type { FeedEvent } from '../../oracle/feed/index.js'
import { createFeedUser } from './dev.js'

const header = { event: 'header', gateway: 'dev' } as unknown as FeedEvent
const done = (amount: string) =>
  ({ event: 'withdrawal', gateway: 'dev', state: 'done', amount }) as unknown as FeedEvent

t.test('an amount that is paid at once, then a large one; one of an earlier run goes first', (t) => {
  const asked: bigint[] = []
  let busy = true
  const hear = createFeedUser({
    isWithdrawing: () => busy,
    withdraw: ({ amount }) => `${asked.push(amount)}`,
  })
  for (let k = 0; k < 4; k++) hear(header)
  t.same(asked, [], 'one is held still')
  busy = false
  hear(done('20.00000000'))
  t.same(asked, [200_000_000n], 'it is over')
  hear(header)
  t.same(asked, [200_000_000n], 'once')
  hear(done('2.00000000'))
  t.same(asked, [200_000_000n, 2_000_000_000n])
  t.end()
})

t.test('a feed that is started again while a withdrawal waits', async (t) => {
  const chains = await startChains({ dataDir: t.testdir(), manual: true })
  t.teardown(() => chains.close())
  const { control } = chains
  t.notOk(control.isWithdrawing())
  const before = createFeedUser(control)
  for (let k = 0; k < 3; k++) before(header)
  const waiting = control.mempool('asset')
  t.ok(control.isWithdrawing(), 'before its block')
  const again = createFeedUser(control)
  for (let k = 0; k < 3; k++) again(header)
  control.mine('asset')
  t.ok(control.isWithdrawing(), 'and in it')
  again(header)
  t.equal(waiting.length, 1)
  t.same(control.mempool('asset'), [], 'asked once')
})
