import { fork } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import t from 'tap'

import { chainIdOf, createFactomClient, createPublisher, ecKey, type FactomClient } from '../index.js'
import { readLines } from '../record.js'
import { DEV_KEYS, PEGNET_CHAINS, startDevChain } from './index.js'

/** Oracle records of MainNet. */
const CHAIN = chainIdOf((PEGNET_CHAINS[3] ?? []).map((name) => Buffer.from(name)))
const KILLS = 5
const LONGEST_MS = 400

t.test('a publisher that is killed at any moment leaves no payment without its entry', async (t) => {
  const folder = t.testdir()
  const chain = await startDevChain({ dataDir: join(folder, 'chain'), blockSeconds: 3600, manual: true })
  t.teardown(() => chain.close())
  const client = createFactomClient({ url: chain.url, timeoutMs: 5000 })
  const journal = join(folder, 'state', 'journal.jsonl')
  const script = fileURLToPath(new URL('fixtures/publish-until-killed.ts', import.meta.url))
  let [seen, open] = [0, 0]
  for (let kill = 0; kill < KILLS; kill++) {
    const args = [chain.url, DEV_KEYS.ecSecret, journal, CHAIN, String(chain.height)]
    const child = fork(script, args, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
    t.teardown(() => child.kill('SIGKILL'))
    await once(child, 'message')
    await wait(Math.random() * LONGEST_MS)
    const gone = once(child, 'exit')
    child.kill('SIGKILL')
    await gone

    const left = await fates(client, journal)
    t.equal(
      left.paidOnly,
      0,
      `kill ${kill + 1}: ${left.both} entries are paid and in, ${left.none} not begun`,
    )
    open += left.none
    const publisher = createPublisher({ client, key: ecKey(DEV_KEYS.ecSecret), journal })
    const results = await publisher.resume(chain.height)
    await publisher.close()
    t.ok(results.every(({ state }) => state === 'acknowledged'))
    const after = await fates(client, journal)
    t.same([after.paidOnly, after.none], [0, 0], 'what was left over is in its block')
    seen += after.both
  }
  t.ok(seen > 0 && open > 0, `${seen} entries, ${open} of them by the runs after`)
})

/** What became of the journal's records, as the chain has it. */
async function fates(client: FactomClient, journal: string) {
  const lines = readFileSync(journal, 'utf8').split('\n').slice(0, -1)
  const content = readLines(lines)
  if ('damaged' in content) throw new Error(`line ${content.damaged} is damaged`)
  const fate = { both: 0, paidOnly: 0, none: 0 }
  for (const { entryHash, chainId } of content.records.values()) {
    const ack = await client.ack(entryHash, chainId)
    if (ack?.entryStatus === 'TransactionACK') fate.both++
    else if (ack?.commitStatus === 'TransactionACK') fate.paidOnly++
    else fate.none++
  }
  return fate
}
