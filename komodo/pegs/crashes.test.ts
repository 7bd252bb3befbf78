/** A creator that is killed at each of its calls, before and after the daemon has acted, makes everything once. */
import t from 'tap'

import { rpc } from '../dev/fixtures/client.js'
import type { DevCall, DevKomodo } from '../dev/index.js'
import { decodeTransaction, opOf } from '../tx/index.js'
import type { CreatorEvent } from './creator.js'
import { startRig } from './fixtures/rig.js'

/** What all blocks and the mempool of the asset chain hold, by what it does. */
async function deeds(dev: DevKomodo): Promise<Record<string, number>> {
  const found: Record<string, number> = {}
  const waiting = await rpc<string[]>(dev.asset, 'getrawmempool')
  const ids = [...waiting]
  for (let height = 1; height <= dev.control.height('asset'); height++)
    ids.push(...(await rpc<{ tx: string[] }>(dev.asset, 'getblock', String(height))).tx.slice(1))
  for (const txid of ids) {
    const op = opOf(decodeTransaction(await rpc<string>(dev.asset, 'getrawtransaction', txid)))
    const name = op?.op === 'token-transfer' ? (op.blobs[0]?.op?.op ?? 'transfer') : (op?.op ?? 'other')
    found[name] = (found[name] ?? 0) + 1
  }
  return found
}

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
  const { 'oracle-data': headers, ...made } = await deeds(dev)
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
