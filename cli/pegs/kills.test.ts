/**
 * The built program, ended by SIGKILL at its calls before and after the daemon has acted, and started again: nothing is
 * made, paid or claimed twice. `npm test` kills one journey where it sends; `npm run test:kills` the creation of a
 * peg and the whole of a holder's way at each kind of call. Of every single call tells komodo/pegs/crashes.test.ts.
 */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { stringify } from 'yaml'

import { startChains } from '../../komodo/dev/fixtures/chains.js'
import { rpc } from '../../komodo/dev/fixtures/client.js'
import type { DaemonAccess, DevKomodo } from '../../komodo/dev/index.js'
import { deedsOf } from '../../komodo/pegs/fixtures/deeds.js'
import { createGateway } from '../../komodo/pegs/fixtures/gateway.js'
import { createKiller, type Killer } from '../../komodo/pegs/fixtures/killer.js'
import { createRelay } from '../../komodo/pegs/fixtures/rig.js'
import { start, type Ended, type Running } from '../../test/fixtures/program.js'

const IS_LONG = process.env['KILLS'] !== undefined
const SENT = IS_LONG ? undefined : ['sendrawtransaction']

interface Access {
  readonly asset: DaemonAccess
  readonly reference: DaemonAccess
}

function planOf(folder: string, { asset, reference }: Access, more: object): string {
  const file = join(folder, 'pegs.yaml')
  const daemons = { asset: { name: 'PEGSDEV', ...asset }, reference: { name: 'KMD', ...reference } }
  writeFileSync(file, stringify({ ...daemons, blockSeconds: 1, ...more }), { mode: 0o600 })
  return file
}

/** Calls `pass` again and again until it is closed. A call of its own may be one that the daemon drops. */
function keepGoing(t: Test, pass: () => Promise<void>): () => Promise<void> {
  let isOver = false
  const going = (async () => {
    while (!isOver) {
      await pass().catch((error: NodeJS.ErrnoException) => {
        if (error.code !== 'ECONNRESET' && error.code !== 'ECONNREFUSED') throw error
      })
      await new Promise((resolve) => setTimeout(resolve, 40))
    }
  })()
  const close = async (): Promise<void> => {
    isOver = true
    await going
  }
  t.teardown(close)
  return close
}

interface Walk {
  readonly killer: Killer
  /** What is done beside a program that runs, and for one that has ended by itself with an error. */
  readonly beside?: (running: Running) => void
  readonly mend?: (ended: Ended) => Promise<readonly string[] | undefined>
}

/** Starts the program again as often as it is killed, or has asked its operator for something. */
async function walk(words: readonly string[], { killer, beside, mend }: Walk): Promise<Running> {
  for (let now = words; ;) {
    const signal = killer.begin()
    const running = start(['pegs', ...now, '--json', '--config', 'off'])
    signal.addEventListener('abort', () => void running.child.kill('SIGKILL'), { once: true })
    beside?.(running)
    const ended = await running.ended
    killer.end()
    if (ended.code === 0) return running
    if (signal.aborted) continue
    const next = await mend?.(ended)
    if (next === undefined) throw new Error(`${now.join(' ')}: ${ended.stderr}`)
    now = next
  }
}

t.test('a peg is made once', { skip: !IS_LONG && 'npm run test:kills' }, async (t) => {
  const folder = t.testdir()
  const dev = await startChains({ dataDir: join(folder, 'komodo'), manual: true, pegs: { empty: true } })
  t.teardown(() => dev.close())
  const gateway = { token: 'KMD', supply: '100000', price: 'KMD_BTC,BTC_USD,*,1', subscriptions: 3 }
  const plan = planOf(folder, dev, { pubkey: dev.pubkey, amount: '100000', gateways: [gateway] })
  let [state, peg] = ['', '']
  const killer = createKiller(dev, { place: () => state, written: () => null, operator: 0, every: false })
  const relay = createRelay(dev)
  const { control } = dev
  // While something waits a block comes; beyond the peg they all come.
  const stop = keepGoing(t, async () => {
    const wanted = control.mempool('asset').length > 0 || control.height('asset') < 2 || peg !== ''
    if (wanted && control.isGenerating()) control.mine('asset')
    if (peg !== '') await relay()
  })
  const beside = ({ child }: Running): void => {
    state = ''
    child.stdout.on('data', (chunk: Buffer) => (state = /"state":"(\w+)"/.exec(String(chunk))?.[1] ?? state))
  }
  const mend = async ({ stderr }: Ended): Promise<readonly string[] | undefined> => {
    const asked = /E_PEGS_OPERATOR: stop every node .* -earlytxid=(?<earlyTxid>[0-9a-f]{64})/s.exec(
      stderr,
    )?.groups
    if (asked?.['earlyTxid'] === undefined) return undefined
    peg = asked['earlyTxid']
    await control.restart('asset', 0, { earlyTxid: peg })
    return ['resume', plan, '--yes', '--data-dir', folder]
  }
  const last = await walk(['create', plan, '--data-dir', folder], { killer, beside, mend })
  await stop()
  t.match(last.events.at(-1), { event: 'pegs.state', state: 'READY', pegstxid: peg })
  t.ok(killer.kills > 60, `killed ${killer.kills} times`)
  const { 'oracle-data': headers, ...made } = await deedsOf(dev)
  t.ok((headers ?? 0) > 0)
  t.same(made, {
    ...{ 'token-create': 1, 'oracle-create': 1, 'oracle-fund': 1, 'oracle-register': 1 },
    ...{ 'oracle-subscribe': 3, 'gateway-bind': 1, 'pegs-create': 1 },
  })
})

/** A holder of a peg that is there, and all that goes on around him. */
async function holder(t: Test) {
  const folder = t.testdir()
  const dev = await startChains({ dataDir: join(folder, 'komodo'), manual: true, pegs: {} })
  t.teardown(() => dev.close())
  const { user, control, pegsTxid } = dev
  const plan = planOf(folder, user, { pubkey: user.pubkey, pegsTxid })
  const [relay, gateway] = [createRelay(dev), createGateway(dev)]
  keepGoing(t, async () => {
    control.mine('asset')
    control.mine('reference')
    await relay()
    await gateway()
  })
  let word = ''
  const operator = dev.operators.length
  const killer = createKiller(dev, {
    ...{ place: () => word, written: () => null, operator, every: false },
    ...(SENT ? { methods: SENT } : {}),
  })
  const restart = (): Promise<void> => control.restart('asset', operator)
  const go = (...words: string[]): Promise<Running> => {
    word = words[0] ?? ''
    return walk([...words, '--plan', plan, '--data-dir', folder], {
      killer,
      // The daemon hangs after this call: its operator starts it again.
      beside: (running) =>
        void running.event('pegs.step', ({ step }) => step === 'request').then(restart, () => undefined),
      mend: async ({ stderr }) => {
        if (!/E_PEGS_OPERATOR|E_KOMODO_/.test(stderr)) return undefined
        await restart()
        return [...words, '--plan', plan, '--data-dir', folder]
      },
    })
  }
  const tokens = async (): Promise<number> =>
    (await rpc<{ balance: number }>(user.asset, 'tokenbalance', dev.gateways[0]?.tokenId ?? '')).balance
  return { dev, killer, go, tokens }
}

const unclaimed = ({ 'gateway-claim': claims = 0, ...made }: Readonly<Record<string, number>>) => ({
  ...made,
  // The user's first tokens are a claim without a deposit.
  'gateway-claim': claims - 1,
})

t.test('tokens are funded once', { skip: IS_LONG && 'a part of the whole way' }, async (t) => {
  const { dev, killer, go, tokens } = await holder(t)
  const before = await tokens()
  await go('fund', '1')
  t.equal(before - (await tokens()), 100_000_000)
  t.equal(killer.kills, 2, 'before the daemon took the transaction, and after')
  t.match(await deedsOf(dev), { 'pegs-fund': 1 })
})

t.test('from a deposit to coins that have arrived', { skip: !IS_LONG && 'npm run test:kills' }, async (t) => {
  const { dev, killer, go, tokens } = await holder(t)
  const paid = (chains: DevKomodo): bigint => chains.control.balance('reference', chains.user.address)
  const before = await tokens()
  await go('deposit', '5')
  await go('fund', '5')
  await go('get', '3.55')
  await go('redeem')
  t.equal((await tokens()) - before, 500_000_000)
  const rich = paid(dev)
  const last = await go('withdraw', '3')
  t.match(last.events.at(-1), { event: 'pegs.paid', amount: '2.99980000' })
  t.equal(paid(dev) - rich, 299_980_000n, 'paid once')
  t.equal((await tokens()) - before, 200_000_000)
  t.ok(killer.kills > 60, `killed ${killer.kills} times`)
  const once = [
    'gateway-deposit',
    'gateway-claim',
    'pegs-fund',
    'pegs-get',
    'pegs-redeem',
    'gateway-withdraw',
  ]
  t.match(unclaimed(await deedsOf(dev)), Object.fromEntries(once.map((name) => [name, 1])))
})
