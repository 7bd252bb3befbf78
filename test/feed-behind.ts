/**
 * By hand: a feed that is `HEADERS` (default 1,000) headers behind catches up on the embedded chains, one asset block
 * after each pass. Prints the time, the passes, and the calls of the daemons for one header.
 *
 *   HEADERS=1000 BUDGET=50 node --import '#typescript' test/feed-behind.ts
 *
 * The original program publishes one header in about ten seconds, whatever the budget.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { startDevKomodo } from '../komodo/dev/index.js'
import { encodePayload } from '../komodo/index.js'
import { openRig, reachable, truth } from '../oracle/feed/fixtures/rig.js'

const HEADERS = Number(process.env['HEADERS'] ?? 1_000)
/** Subscriptions: so many headers fit into one block of the asset chain. */
const BUDGET = Number(process.env['BUDGET'] ?? 50)
const DEPTH = 10
const FIRST = 20
const folder = mkdtempSync(join(tmpdir(), 'feed-behind-'))
const chains = await startDevKomodo({
  dataDir: join(folder, 'chains'),
  manual: true,
  subscriptions: BUDGET,
  referenceHeight: FIRST + HEADERS + DEPTH - 2,
})
const { control } = chains
const calls = new Map<string, number>()
const unlisten = control.onCall(({ phase, chain, method }) => {
  const name = `${chain} ${method}`
  if (phase === 'done') calls.set(name, (calls.get(name) ?? 0) + 1)
})
const rig = await openRig(chains, {
  folder: join(folder, 'rig'),
  more: { startHeight: FIRST, perBlock: BUDGET },
})
calls.clear()
const began = performance.now()
let passes = 0
let inBlocks = 0
do {
  await rig.relayPass()
  passes++
  const mining = performance.now()
  control.mine('asset')
  inBlocks += performance.now() - mining
} while (rig.relay.view.state.state !== 'idle' && passes < 10 * HEADERS)
const seconds = (performance.now() - began - inBlocks) / 1000
unlisten()
const { headers } = rig.relay.view
const sum = [...calls.values()].reduce((total, count) => total + count, 0)
rig.close()
const found = await reachable(chains)
const true_ = await truth(
  chains,
  found.map(({ height }) => height),
)
const exact =
  headers === HEADERS &&
  found.length === HEADERS &&
  found.every(
    (header, k) => header.height === FIRST + k && true_.get(header.height) === encodePayload(header),
  )
process.stdout.write(
  [
    `${headers} headers in ${passes} passes, one block each, ${BUDGET} of them in a block at most`,
    `${seconds.toFixed(1)} s of passes, ${((headers / seconds) * 60).toFixed(0)} headers a minute; the original program: 6`,
    `${sum} calls, ${(sum / headers).toFixed(3)} for each header`,
    ...[...calls].sort((a, b) => b[1] - a[1]).map(([name, count]) => `  ${name} ${count}`),
    exact ? 'each once, in order, as the reference chain has it' : 'NOT what it should be',
    '',
  ].join('\n'),
)
await chains.close()
rmSync(folder, { recursive: true, force: true })
process.exit(exact ? 0 : 1)
