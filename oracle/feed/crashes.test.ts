/**
 * The feed dies at every single call of a header and of a withdrawal: just before the daemon gets it, and after the
 * daemon did it but before the reply is there. What the dead one had written down stays; then it starts again. No
 * header is missing or doubled, no withdrawal is paid twice, none is stranded.
 *
 * `FEED_CRASHES=1 tap --timeout=7200 …` tries every call (some 600 crashes, 20 minutes); without it a few.
 */
import { cpSync, renameSync, rmSync } from 'node:fs'
import t, { type Test } from 'tap'

import type { DevKomodoOptions } from '../../komodo/dev/index.js'
import { reachable, type Rig } from './fixtures/rig.js'
import { stage, type Stage } from './fixtures/stage.js'
import { LONG } from '../../test/fixtures/long.js'

const STRIDE = process.env['FEED_CRASHES']
/** Of the strides below. */
const SPARING = LONG ? 1 : 3
const AMOUNT = 30_000_000n
const FEES = 20_000n
/** Headers that a feed looks back for: what it reads at its start is part of what it dies in. */
const REACH = 12

interface Scenario {
  readonly name: string
  /** Every how many calls it is tried by `npm run test:long`; null: only with `FEED_CRASHES`. */
  readonly stride: number | null
  readonly options: Partial<DevKomodoOptions>
  readonly operators: number
  /** What is to be done once; says whether it is. */
  begin(s: Stage): (rigs: readonly Rig[]) => boolean
  pass(rig: Rig): Promise<void>
  /** Blocks between two passes. */
  mine(s: Stage): unknown
  /** After each crash. */
  holds(t: Test, s: Stage, what: string): unknown
}

const headers: Scenario = {
  name: 'a header',
  stride: 12,
  options: { subscriptions: 2 },
  operators: 1,
  begin({ chains: { control } }) {
    control.mine('reference')
    return ([rig]) => rig?.relay.view.state.state === 'idle' && control.mempool('asset').length === 0
  },
  pass: (rig) => rig.relayPass(),
  mine: ({ chains: { control } }) => control.mine('asset'),
  async holds(t, { chains }, what) {
    const heights = (await reachable(chains)).map(({ height }) => height)
    const first = heights[0] ?? 0
    const due = chains.control.height('reference') - 10 - first + 1
    t.same(
      heights,
      Array.from({ length: due }, (_, k) => first + k),
      `${what}: every header once, in order`,
    )
  },
}

function withdrawal(
  m: number,
  n: number,
  stride: number | null,
  options: Partial<DevKomodoOptions> = {},
): Scenario {
  let due = 0n
  let before: bigint | null = null
  return {
    name: `a withdrawal, ${m} of ${n}, family ${options.family ?? 'A'}`,
    stride,
    options: { ...options, gateways: [{ m, n }], subscriptions: 1 },
    operators: n,
    begin(s) {
      before ??= s.userCoins()
      due += AMOUNT - FEES
      const txid = s.ask(AMOUNT)
      return (rigs) => rigs.some(({ file }) => file.state.withdrawals[txid]?.step === 'done')
    },
    pass: (rig) => rig.withdrawPass(),
    mine: (s) => s.round(),
    holds: (t, s, what) => t.equal(s.userCoins() - (before ?? 0n), due, `${what}: paid once`),
  }
}

interface Crash {
  /** `asked`: the daemon never gets it. `done`: it did it, and the reply is lost. */
  readonly phase: 'asked' | 'done'
  /** Number of the call. */
  readonly at: number
}

/** Does what is due once, with a crash on the way. The number of calls if there were fewer, else null. */
async function tryCrash(t: Test, s: Stage, scenario: Scenario, crash: Crash): Promise<number | null> {
  const what = `${crash.phase === 'asked' ? 'before' : 'after'} call ${crash.at}`
  const folderOf = (operator: number): string => s.folder(`operator${operator}`)
  const open = (operator: number): Promise<Rig> =>
    s.rig({ operator, folder: folderOf(operator), more: { reach: REACH }, timeoutMs: 600_000 })
  const isDone = scenario.begin(s)
  const rigs: Rig[] = []
  for (let k = 0; k < scenario.operators; k++) rigs.push(await open(k))
  let calls = 0
  let happened = false
  let dead: number | null = null
  // From that call on nothing of this operator gets through, and nothing that he writes down is kept.
  const unlisten = s.chains.control.onCall(({ phase, operator }) => {
    if (phase === 'asked') calls++
    if (!happened && calls === crash.at && phase === crash.phase) {
      happened = true
      dead = operator
      cpSync(folderOf(operator), `${folderOf(operator)}.dead`, { recursive: true })
    }
    return operator === dead ? 'drop' : undefined
  })
  const passOf = async (k: number): Promise<void> => {
    try {
      await scenario.pass(rigs[k]!)
    } catch (error) {
      if (dead !== k) throw error
    }
    if (dead !== k) return
    rigs[k]!.close()
    rmSync(folderOf(k), { recursive: true })
    renameSync(`${folderOf(k)}.dead`, folderOf(k))
    dead = null
    rigs[k] = await open(k)
  }
  let done = false
  for (let round = 0; round < 40 && !done; round++) {
    for (const k of rigs.keys()) await passOf(k)
    await scenario.mine(s)
    done = isDone(rigs)
  }
  unlisten()
  for (const rig of rigs) rig.close()
  t.ok(done, `${what}: not stranded`)
  await scenario.holds(t, s, what)
  return happened ? null : calls
}

for (const scenario of [
  headers,
  withdrawal(1, 1, 12),
  withdrawal(2, 3, 48),
  withdrawal(2, 3, null, { family: 'B' }),
]) {
  const stride = Number(STRIDE ?? SPARING * (scenario.stride ?? 0))
  const skip = stride === 0 && 'only with FEED_CRASHES'
  t.test(`crashes at every call: ${scenario.name}`, { skip }, async (t) => {
    const s = await stage(t, scenario.options)
    let crashes = 0
    for (const phase of ['asked', 'done'] as const)
      for (let at = (stride >> 1) + 1; ; at += stride) {
        const calls = await tryCrash(t, s, scenario, { phase, at })
        if (calls !== null) {
          t.comment(`${calls} calls without a crash`)
          break
        }
        crashes++
      }
    t.ok(crashes > 0, `${crashes} crashes`)
  })
}
