import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'

import { networkOf } from '../../pegnet/index.js'
import { startDevChain } from '../../factom/dev/index.js'
import { devBits } from './dev-bits.js'
import { startDevNetwork } from './dev-network.js'
import { openResources } from '../program/resources.js'

const DEFAULT = networkOf('dev').defaultBits
const NOTE = 'chain/bytemap.json'

/** Starts the network in a data directory and ends it again. */
async function visit(dataDir: string, wanted?: number): Promise<number> {
  const bits = devBits(dataDir, wanted)
  const resources = openResources()
  const settings = {
    'network.blockSeconds': 60,
    'network.manual': true,
    'network.fund': 0,
    'network.exchangePort': 0,
    'network.startHeight': undefined,
    'network.trouble': undefined,
  }
  const onError = (error: Error) => t.error(error)
  await startDevNetwork({ dataDir, bits, port: 0, walletPort: 'off', settings, onError }, resources).finally(
    () => resources.close(),
  )
  return bits
}

t.test('a chain keeps the ByteMap that it was begun with', async (t) => {
  const dataDir = t.testdir()
  t.equal(await visit(dataDir, 9), 9)
  t.equal(await visit(dataDir), 9, 'without a flag')
  t.equal(await visit(dataDir, 9), 9)
  const other = {
    code: 'E_CONFIG_NETWORK',
    message: /begun with --bits 9: leave --bits out, or .* --data-dir/,
  }
  t.throws(() => devBits(dataDir, 20), other)
  t.equal(devBits(dataDir, undefined), 9, 'a refusal changes nothing')

  const usual = t.testdir()
  t.equal(devBits(usual, undefined), DEFAULT)
  t.notOk(existsSync(join(usual, 'chain')), 'looking leaves nothing behind')
  await visit(usual)
  t.throws(() => devBits(usual, DEFAULT + 1), { code: 'E_CONFIG_NETWORK' })
})

t.test('a chain from before sizes were noted has the size of then', async (t) => {
  const dataDir = t.testdir()
  const chain = await startDevChain({
    dataDir: join(dataDir, 'chain'),
    blockSeconds: 60,
    manual: true,
    fund: 0,
  })
  await chain.close()
  t.not(DEFAULT, 24)
  t.equal(await visit(dataDir), 24)
  t.notOk(existsSync(join(dataDir, NOTE)), 'a size is noted only by what begins the chain')
  t.equal(await visit(dataDir, 16), 16, 'a size of its own is still given each time')
  t.equal(await visit(dataDir), 24)
})

t.test('a damaged note', (t) => {
  const dataDir = t.testdir()
  mkdirSync(join(dataDir, 'chain'))
  for (const text of ['', '{', 'null', '[]', '{"bits":"20"}', '{"bits":40}', '{"bits":9.5}']) {
    writeFileSync(join(dataDir, NOTE), text)
    t.throws(
      () => devBits(dataDir, undefined),
      { code: 'E_CONFIG_NETWORK', message: /bytemap\.json is damaged: write \{"bits":N\}/ },
      text,
    )
  }
  t.end()
})
