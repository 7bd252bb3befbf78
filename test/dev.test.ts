/** `pegminer dev` as others use it: killed at any moment, it keeps what it acknowledged. */
import t from 'tap'

import { start, type Running } from './fixtures/program.js'
import { DEV_KEYS } from '../factom/dev/index.js'
import { chainIdOf, ecKey } from '../factom/index.js'
import { commitOf, hex, newEntry } from './factomd/node.js'

const KILLS = 2
const key = ecKey(DEV_KEYS.ecSecret)
/** A chain that the network brings along. */
const chainId = chainIdOf(['PegNet', 'MainNet', 'Transactions'].map((text) => new TextEncoder().encode(text)))

/** The result of one call; an error of the node is thrown. */
async function ask(api: string, method: string, params: object): Promise<Record<string, unknown>> {
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params })
  const reply = (await (await fetch(api, { method: 'POST', body })).json()) as {
    result?: Record<string, unknown>
    error?: unknown
  }
  if (!reply.result) throw new Error(`${method}: ${JSON.stringify(reply.error)}`)
  return reply.result
}

t.test('killed while records come in, it keeps each that it took', { timeout: 200_000 }, async (t) => {
  const dir = t.testdir()
  const words = [
    'dev',
    '--json',
    '--block-seconds',
    '2',
    '--port',
    '0',
    '--wallet-port',
    'off',
    '--data-dir',
    dir,
  ]
  const taken: string[] = []
  let sent = 0
  let first: number | null = null
  for (let life = 0; life <= KILLS; life++) {
    const program: Running = start(words)
    t.teardown(() => program.kill())
    const { api, height } = (await program.event('dev')) as unknown as { api: string; height: number }
    const credits = async () =>
      (await ask(api, 'entry-credit-balance', { address: key.address })).balance as number
    first ??= await credits()
    const paid = first - (await credits())
    t.ok(
      paid >= taken.length && paid <= sent,
      `life ${life}, block ${height}: ${taken.length} of ${sent} taken, ${paid} paid`,
    )
    for (const hash of taken) t.equal((await ask(api, 'entry', { hash })).chainid, chainId, hash)
    if (life === KILLS) {
      program.child.kill('SIGINT')
      t.equal((await program.ended).code, 130)
      break
    }
    const over = taken.length + 10 + 7 * life
    const writer = (async () => {
      for (;;) {
        const entry = newEntry(chainId, `life ${life}`)
        sent++
        await ask(api, 'commit-entry', { message: commitOf(key, entry) })
        await ask(api, 'reveal-entry', { entry: hex(entry.raw) })
        taken.push(entry.hash)
        // The kill comes while the next one is under way.
        if (taken.length === over) setImmediate(() => program.child.kill('SIGKILL'))
      }
    })()
    await t.rejects(writer)
    await program.ended
  }
})

t.test('it says how to point other programs at it', async (t) => {
  const program = start([
    ...['dev', '--port', '0', '--wallet-port', '0', '--manual', '--start-height', '258795', '--bits', '16'],
    ...['--data-dir', t.testdir({})],
  ])
  t.teardown(() => program.kill())
  await program.printed(/Ctrl-C ends it/)
  program.child.kill('SIGINT')
  const { code, stdout } = await program.ended
  t.equal(code, 130)
  const node = '127\\.0\\.0\\.1:\\d+'
  for (const line of [
    `pegminer mine --network local --factomd http://${node} --exchange http://${node} --bits 16`,
    `LXRBITSIZE=16 pegnetd --network MainNet --testing --act 258795 --server http://${node}/v2 --wallet http://${node}/v2`,
    `LXRBITSIZE=16 pegnet grader --network MainNet --testing -s ${node} -w ${node}`,
    `factom-cli -s ${node} -w ${node} listaddresses`,
    `curl -s http://${node}/debug -H 'Authorization: Bearer [0-9a-f]{32}'`,
    '"method":"advance-minute"',
  ])
    t.match(stdout, new RegExp(line))
})
