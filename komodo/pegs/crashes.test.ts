/** A creator that is killed at each of its calls, before and after the daemon has acted, makes everything once. */
import t from 'tap'

import { rpc } from '../dev/fixtures/client.js'
import type { DevCall } from '../dev/index.js'
import { isCoded } from '../../base/index.js'
import { createKomodoClient, isAway, type KomodoClient } from '../client.js'
import { startChains } from '../dev/fixtures/chains.js'
import type { CreatorEvent } from './creator.js'
import { depositCoins } from './deposit.js'
import { deedsOf } from './fixtures/deeds.js'
import { createRelay, startRig } from './fixtures/rig.js'
import { findPeg, tokenOf } from './holder.js'
import { openJournal } from './journal.js'
import { operate, type Operating } from './operations.js'
import { withdrawTokens } from './withdraw.js'

t.test('killed at every call, the creator goes on and makes nothing twice', async (t) => {
  const rig = await startRig(t.testdir())
  t.teardown(() => rig.close())
  const { dev } = rig
  const killed = new Set<string>()
  let state = ''
  let end = new AbortController()
  /** Calls of the creator; what a test asks itself does not count. */
  let isRunning = false
  dev.control.onCall(({ method, phase, params }: DevCall) => {
    if (!isRunning) return undefined
    const what = `${phase} ${method} ${method === 'help' ? '' : state} ${method === 'sendrawtransaction' ? String(params[0]).slice(-200) : ''}`
    if (killed.has(what)) return undefined
    killed.add(what)
    end.abort()
    return 'drop'
  })
  let runs = 0
  let peg = ''
  while (peg === '' && runs < 2_000) {
    runs++
    end = new AbortController()
    const events = {
      push: (event: CreatorEvent) => {
        if (event.event === 'pegs.state') state = event.state
      },
    } as unknown as CreatorEvent[]
    isRunning = true
    peg = await rig
      .run(events, {
        signal: end.signal,
        pause: async () => {
          end.signal.throwIfAborted()
          isRunning = false
          // While something waits a block comes; beyond the peg they all come.
          const isBeyond = state === 'FEED' || state === 'WARM_UP'
          if (dev.control.mempool('asset').length > 0 || dev.control.height('asset') < 2 || isBeyond)
            await rig.tick()
          isRunning = true
        },
      })
      .catch((error: unknown) => {
        if (!end.signal.aborted) throw error
        return ''
      })
    isRunning = false
  }
  t.not(peg, '', `it ends, after ${runs} runs`)
  t.ok(runs > 100, `it was killed ${runs - 1} times`)
  const { 'oracle-data': headers, ...made } = await deedsOf(dev)
  t.ok((headers ?? 0) > 0)
  t.same(made, {
    'token-create': 1,
    'oracle-create': 1,
    'oracle-fund': 1,
    'oracle-register': 1,
    'oracle-subscribe': 3,
    'gateway-bind': 1,
    'pegs-create': 1,
  })
})

/** A holder's journeys on chains with a peg; each is killed at every call, and given again. */
t.test('killed at every call, a holder goes on, pays once and loses nothing', async (t) => {
  const folder = t.testdir()
  const dev = await startChains({ dataDir: `${folder}/komodo`, manual: true, pegs: {} })
  t.teardown(() => dev.close())
  const relay = createRelay(dev)
  const { user, control } = dev
  const killed = new Set<string>()
  let end = new AbortController()
  let isRunning = false
  let journey = ''
  control.onCall(({ method, phase, chain, operator, params }: DevCall) => {
    if (!isRunning || operator !== dev.operators.length) return undefined
    const hex = method === 'sendrawtransaction' ? String(params[0]).slice(-60) : ''
    const what = `${journey} ${phase} ${chain} ${method} ${hex}`
    if (killed.has(what)) return undefined
    killed.add(what)
    end.abort()
    return 'drop'
  })
  const pause = async (): Promise<void> => {
    end.signal.throwIfAborted()
    isRunning = false
    control.mine('asset')
    control.mine('reference')
    await relay()
    isRunning = true
  }
  /** Until it is done; a daemon that hangs is started again. */
  const again = async <T>(
    name: string,
    go: (writing: Operating & { reference: KomodoClient }) => Promise<T>,
  ): Promise<T> => {
    journey = name
    for (;;) {
      end = new AbortController()
      const client = createKomodoClient({ name: 'PEGSDEV', timeoutMs: 300, access: () => user.asset })
      const reference = createKomodoClient({ name: 'KMDDEV', timeoutMs: 2_000, access: () => user.reference })
      isRunning = true
      try {
        const given = { signal: end.signal }
        const peg = await findPeg(client, dev.pegsTxid ?? '', given)
        const journal = openJournal(`${folder}/${name}.json`, name)
        const writing = { client, journal, pause, tell: () => {}, ...given }
        return await go({ ...writing, reference, peg, token: tokenOf(peg, undefined), pubkey: user.pubkey })
      } catch (error) {
        const hangs = isAway(error) || (isCoded(error) && error.code === 'E_PEGS_OPERATOR')
        if (!end.signal.aborted && !hangs) throw error
        if (hangs) await control.restart('asset', dev.operators.length)
      } finally {
        isRunning = false
        client.close()
        reference.close()
      }
    }
  }
  const token = dev.gateways[0]?.tokenId ?? ''
  const tokens = async () => (await rpc<{ balance: number }>(user.asset, 'tokenbalance', token)).balance
  const step = () => {}
  const before = await tokens()
  await again('deposit', (writing) => depositCoins({ ...writing, step }, 500_000_000n))
  t.equal((await tokens()) - before, 500_000_000, 'one deposit, claimed once')
  await again('fund', (writing) => operate(writing, { do: 'fund', sat: 500_000_000n }))
  const got = await again('get', (writing) => operate(writing, { do: 'get', sat: 355_000_000n }))
  t.match(got.view, {
    account: { deposit: 500_000_000n, debt: 355_000_000n },
    ratio: 7_888n,
    mostToGet: 5_000_000n,
  })
  await again('redeem', (writing) => operate(writing, { do: 'redeem' }))
  t.equal((await tokens()) - before, 500_000_000, 'all tokens are back')
  const stopped = await again('withdraw', async (writing) => {
    const stop = new Error('requested')
    return withdrawTokens(
      {
        ...writing,
        step: (name) => {
          if (name === 'requested') throw stop
        },
      },
      300_000_000n,
    ).catch((error: unknown) => {
      if (error !== stop) throw error
      return 'requested'
    })
  })
  t.equal(stopped, 'requested')
  t.ok(killed.size > 80, `killed ${killed.size} times`)
  const { 'gateway-deposit': deposits, 'gateway-withdraw': withdrawals, ...made } = await deedsOf(dev)
  t.same([deposits, withdrawals], [1, 1])
  // The user's first tokens are a claim without a deposit.
  t.match(made, { 'gateway-claim': 2, 'pegs-fund': 1, 'pegs-get': 1, 'pegs-redeem': 1 })
})
