/** `pegminer pegs` in this process, on embedded chains. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough, Readable } from 'node:stream'
import t from 'tap'

import { runProgram } from '../program/program.js'
import { planFrom } from './plan.js'

const folder = mkdtempSync(join(tmpdir(), 'pegs-cli-'))
t.teardown(() => rmSync(folder, { recursive: true, force: true }))

type Event = Readonly<Record<string, unknown>>

/** A command of `pegs` to its end. */
async function run(...words: string[]): Promise<{ code: number; events: Event[]; said: string }> {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()]
  let [text, said] = ['', '']
  stdout.on('data', (chunk: Buffer) => (text += chunk.toString()))
  stderr.on('data', (chunk: Buffer) => (said += chunk.toString()))
  const io = { stdin: Readable.from([]), stdout, stderr, env: {}, interrupted: new AbortController().signal }
  const code = await runProgram(['pegs', ...words, '--json', '--data-dir', join(folder, 'data')], io)
  const lines = text.split('\n').slice(0, -1)
  return { code, said, events: lines.map((line) => JSON.parse(line) as Event) }
}

const dev = (...words: string[]) => run(...words, '--network', 'dev')

const DOC = readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'pegs.md'), 'utf8')

t.test(
  'the documentation is true: every command of it, from an empty chain to KMD that are paid',
  async (t) => {
    const lines = [...DOC.matchAll(/^pegminer pegs (.*--network dev.*)$/gm)].map(([, words = '']) =>
      words.split(' '),
    )
    t.ok(lines.length >= 15, `${lines.length} commands`)
    const eventsByWord = new Map<string, Event[]>()
    for (const words of lines) {
      const [word = ''] = words
      const { code, events, said } = await run(...words)
      t.equal(code, 0, `${words.join(' ')} ${said}`)
      eventsByWord.set(words.includes('--dry-run') ? `${word} dry` : word, events)
    }
    const last = (word: string) => eventsByWord.get(word)?.at(-1)
    const ready = eventsByWord.get('create')?.findLast(({ event }) => event === 'pegs.state')
    const pegstxid = ready?.['pegstxid']
    t.match(ready, { state: 'READY', pegstxid: /^[0-9a-f]{64}$/ })
    t.match(eventsByWord.get('create')?.[0], { event: 'pegs.plan', total: '200010.00310000', blocks: 15 })
    t.match(last('status'), { state: 'READY', pegstxid })
    t.match(last('launch-args')?.['command'], new RegExp(` -earlytxid=${String(pegstxid)}$`))
    t.match(eventsByWord.get('info')?.[0], { price: '0.90000000', deposit: '0.00000000' })
    const steps = (word: string) =>
      eventsByWord.get(word)?.flatMap(({ event, step }) => (event === 'pegs.step' ? String(step) : []))
    t.same(steps('deposit')?.at(-1), 'tokens')
    t.ok(
      eventsByWord
        .get('deposit')
        ?.some(({ step, txid }) => step === 'claim' && /^[0-9a-f]{64}$/.test(String(txid))),
    )
    t.match(last('fund'), { event: 'pegs.done', deposit: '10.00000000', tokens: '-10.00000000' })
    t.match(last('deposit dry'), { step: 'dry-run', txid: null, amount: '10.00000000' })
    t.match(last('withdraw dry'), { step: 'dry-run', amount: '5.00000000' })
    t.match(last('get dry'), { step: 'dry-run', most: '7.20000000' })
    t.match(last('get'), { event: 'pegs.done', coins: '7.11000000', debt: '7.11000000' })
    t.match(last('accounts'), { ratio: '79.00%', mostToGet: '0.09000000' })
    t.match(eventsByWord.get('watch'), [
      { event: 'pegs.watch', price: '0.81600000', ratio: '87.13%' },
      { event: 'pegs.alert', what: 'ratio', message: /87.13%; at 90 % others may liquidate/ },
    ])
    t.match(last('redeem'), {
      event: 'pegs.done',
      coins: '-7.11000000',
      tokens: '10.00000000',
      debt: '0.00000000',
    })
    t.match(last('withdraw'), { event: 'pegs.paid', amount: '4.99980000', txid: /^[0-9a-f]{64}$/ })
    t.same(
      eventsByWord.get('history')?.map(({ action, amount }) => [action, amount]),
      [
        ['fund', '10.00000000'],
        ['get', '7.11000000'],
        ['redeem', '10.00000000'],
      ],
    )
    t.match((await dev('redeem')).said, /E_PEGS_REFUSED: you have no account to redeem/)
    const plan = join(folder, 'watch.yaml')
    const watch = 'watch: { topUp: { from: 85, to: 75, daily: 1 } }'
    writeFileSync(
      plan,
      `asset: PEGS\npubkey: 02${'a1'.repeat(32)}\npegsTxid: ${String(pegstxid)}\n${watch}\n`,
    )
    await dev('fund', '4')
    t.match((await dev('get', '99')).said, /at most 2\.61120000 more/)
    t.match(
      (await dev('get', 'max')).events.at(-1),
      { coins: '2.61120000' },
      'what was refused is not in its way',
    )
    const acted = await dev('watch', '--once', '--plan', plan, '--prices', 'BTC_USD=9600')
    t.match(
      acted.events.filter(({ event }) => event === 'pegs.action'),
      [
        { rule: 'topUp', stage: 'begun', amount: '0.53333334' },
        { rule: 'topUp', stage: 'done', amount: '0.53333334', txid: /^[0-9a-f]{64}$/ },
      ],
    )
    t.match((await dev('accounts')).events.at(-1), { ratio: '75.00%' })
    const again = await dev('create')
    t.match(again.events.at(-1), { state: 'READY', pegstxid }, 'given again it is the same peg')
    t.match((await dev('get', 'much')).said, /pegs get needs an amount of coins/)
  },
)

t.test('the plans of the documentation are plans', (t) => {
  const plans = [...DOC.matchAll(/^```yaml\n([\s\S]*?)^```$/gm)].map(([, text = '']) => text)
  t.equal(plans.length, 4)
  for (const [k, text] of plans.entries()) {
    const file = join(folder, `plan-${k}.yaml`)
    writeFileSync(file, text)
    t.match(planFrom(file), { asset: { name: 'PEGUSD' }, gateways: k === 0 ? [{ token: 'KMD' }] : [] })
  }
  t.match(planFrom(join(folder, 'plan-2.yaml')).thresholds, { red: 85n, globalRed: 80n, yellow: 50n })
  t.match(planFrom(join(folder, 'plan-3.yaml')).watch, {
    topUp: { from: 85n, to: 75n, daily: 500_000_000n },
    redeem: { from: 89n },
    liquidate: { profit: 50_000_000n },
  })
  t.end()
})

t.test('what is wrong with a plan is said with its lines', async (t) => {
  const file = join(folder, 'plan.yaml')
  const key = `02${'a1'.repeat(32)}`
  writeFileSync(
    file,
    `asset: PEGS\npubkey: ${key}\namount: 0\ngateways:\n  - token: KMD\n    supply: x\n    price: A\n`,
  )
  const { code, said } = await run('create', file)
  t.equal(code, 2)
  t.match(said, /plan\.yaml:3: amount: .*at least 1\.00000000/)
  t.match(said, /plan\.yaml:6: gateways\[0\]\.supply/)
  const asset = `asset: { name: PEGS, url: 'http://127.0.0.1:1', user: u, password: secret-word }`
  const gateway = `gateways: [{ token: KMD, supply: 1, price: 'KMD_BTC,1' }]`
  writeFileSync(file, `${asset}\npubkey: ${key}\namount: 1\n${gateway}\n`, { mode: 0o644 })
  const open = await run('create', file)
  t.match(open.said, /holds a password and others can read it/)
  t.notMatch(open.said, /secret-word/)
  const wrong = `pegsTxid: '${'aa'.repeat(32)}'\nwatch: { topUp: { from: 80, to: 80, daily: 1 }, redeem: { from: 90 } }`
  writeFileSync(file, `asset: PEGS\npubkey: ${key}\noptions: ['-ac_pegsccparams=1,2,3']\n${wrong}\n`)
  const rules = await run('watch', '--plan', file)
  t.match(rules.said, /watch\.redeem\.daily/, 'each has a limit')
  writeFileSync(
    file,
    `asset: PEGS\npubkey: ${key}\noptions: ['-ac_pegsccparams=1,2,3']\n${wrong.replace('{ from: 90 }', '{ from: 90, daily: 1 }')}\n`,
  )
  const conflicts = await run('watch', '--plan', file)
  t.match(conflicts.said, /80 is not below 80/)
  t.match(conflicts.said, /give -ac_pegsccparams as the section thresholds/)
  t.match((await run('create', join(folder, 'none.yaml'))).said, /there is no such file/)
  t.match((await run('mint')).said, /pegs needs one of create, resume, status, launch-args/)
})
