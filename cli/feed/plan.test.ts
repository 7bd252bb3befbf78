/** Which gateways a command line and a file mean. */
import t from 'tap'

import { resolveSettings } from '../../config/fixtures/resolve-settings.js'
import { problemsOf, readFlags } from '../../config/index.js'
import type { FeedConfig } from '../../oracle/feed/index.js'
import { FEED_KEYS } from '../program/keys.js'
import { feedPlanOf, feedSection, type FeedPlan } from './plan.js'

const [ORACLE, BIND] = ['ab'.repeat(32), 'cd'.repeat(32)]
const PUBKEY = `02${'ef'.repeat(32)}`
/** The command line of the original program. */
const OLD = ['PEGS', ORACLE, PUBKEY, 'Ihh', BIND]
const FLAGS = `--asset PEGS --oracle ${ORACLE} --pubkey ${PUBKEY} --bind ${BIND}`

interface PlanOptions {
  readonly section?: FeedConfig | undefined
  readonly hasDevFeed?: boolean
  /** Of a single gateway's daemon, by its variable. */
  readonly url?: string
}

function planOf(words: string, { section, hasDevFeed = false, url }: PlanOptions = {}): FeedPlan {
  const flags = readFlags(words.split(' '), FEED_KEYS)
  const env = {
    PEGMINER_DATA_DIR: '/data',
    ...(url === undefined ? {} : { PEGMINER_FEED_ASSET_URL: url }),
  }
  const { settings, origins } = resolveSettings(FEED_KEYS, { flags, env, file: undefined })
  return feedPlanOf(settings, origins, { positionals: flags.positionals, section, hasDevFeed })
}

function problemOf(words: string, options?: PlanOptions): string | undefined {
  try {
    planOf(words, options)
    return undefined
  } catch (error) {
    return problemsOf(error)
      ?.map(({ message }) => message)
      .join('\n')
  }
}

const URL = { url: 'http://127.0.0.1:1' }
const FROM_FLAGS = planOf(FLAGS, URL).config as FeedConfig

t.test('one gateway, by flags or as the original program was started', (t) => {
  const plan = planOf(`${FLAGS} --reference KMD --depth 5 --poll 3`, URL)
  t.match(plan, { action: { do: 'run' }, network: 'MainNet', dataDir: '/data/feed', translated: null })
  t.match(plan.config?.gateways, [
    {
      ...{ name: 'PEGS', oracleTxid: ORACLE, bindTxid: BIND, pubkey: PUBKEY, depth: 5, pollMs: 3000 },
      asset: { name: 'PEGS', url: 'http://127.0.0.1:1' },
    },
  ])
  const old = planOf(OLD.join(' '), URL)
  t.match(old, { action: { do: 'run' }, network: 'MainNet', translated: { gateways: [{ name: 'PEGS' }] } })
  t.match(old.config?.gateways, [
    { name: 'PEGS', oracleTxid: ORACLE, bindTxid: BIND, asset: { name: 'PEGS', url: 'http://127.0.0.1:1' } },
  ])
  t.equal(planOf(`${FLAGS} --network local`, URL).network, 'local')
  t.end()
})

t.test('the section of a file, of which one gateway may be chosen', (t) => {
  const [gateway] = FROM_FLAGS.gateways
  const section = { ...FROM_FLAGS, gateways: [gateway, { ...gateway, name: 'OTHER' }] } as FeedConfig
  const names = (words: string): string[] | undefined =>
    planOf(words, { section }).config?.gateways.map(({ name }) => name)
  t.same(names('run'), ['PEGS', 'OTHER'])
  t.same(names('run --gateway OTHER'), ['OTHER'])
  t.throws(() => names('run --gateway NONE'), {
    code: 'E_CONFIG_VALUE',
    message: /must be one of PEGS, OTHER/,
  })
  t.match(planOf('run --depth 7', { section }).config?.gateways, [{ depth: 7 }, { depth: 7 }])
  t.end()
})

t.test('the embedded network: where it is named, and beside its feed', (t) => {
  t.match(planOf('run --network dev'), { network: 'dev', config: null })
  t.match(planOf('status', { hasDevFeed: true }), { action: { do: 'status' }, network: 'dev', config: null })
  t.match(planOf(`approve ${ORACLE.toUpperCase()}`, { hasDevFeed: true }), {
    ...{ action: { do: 'approve', withdrawTxid: ORACLE }, network: 'dev' },
  })
  t.match(planOf('backfill 5 9', { hasDevFeed: true }), {
    action: { do: 'backfill', from: 5, to: 9 },
    network: 'dev',
  })
  t.match(
    planOf('status', { section: FROM_FLAGS, hasDevFeed: true }),
    { network: 'MainNet' },
    'a section has gateways of its own',
  )
  t.throws(() => planOf('run', { hasDevFeed: true }), { code: 'E_CONFIG_MISSING' }, 'a second one is no help')
  t.end()
})

t.test('what is missing of a single gateway is named as its flag', (t) => {
  const message = problemOf('--asset PEGS', URL)
  for (const flag of ['--oracle', '--pubkey']) t.match(message, flag)
  t.match(problemOf('run', URL), '--asset', 'the address alone does not say which chain')
  t.end()
})

t.test('an empty section is none', (t) => {
  const place = { folder: '.', readableByOthers: false }
  for (const raw of [undefined, {}])
    t.same(feedSection(raw, place as Parameters<typeof feedSection>[1]), { value: undefined })
  t.match(feedSection([], place as Parameters<typeof feedSection>[1]), { value: undefined })
  t.end()
})
