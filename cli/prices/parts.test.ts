/** Which prices the actions of `pegminer prices` take, and what they say of them; no request is sent. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'

import { pricesSection, type PriceSnapshot } from '../../oracle/prices/index.js'
import { runHere } from '../../test/fixtures/in-process.js'
import { openResources } from '../program/resources.js'
import { openFeed, takeSnapshot, tellSnapshot } from './parts.js'

t.test('routes in their order, what stands in for them, and sources that are left alone', async (t) => {
  const dir = t.testdir({
    'pegminer.yaml':
      'prices:\n  assets:\n    TZS: { routes: [], policy: chain }\n    BIF: { policy: chain }\n',
  })
  const sources = (...words: string[]) =>
    runHere(['prices', 'sources', '--network', 'MainNet', '--data-dir', dir, ...words], '', {
      PEGMINER_CONFIG: join(dir, 'pegminer.yaml'),
    })
  mkdirSync(join(dir, 'prices'))
  const rests = { kraken: { at: Date.now(), ms: 3_600_000 } }
  writeFileSync(join(dir, 'prices', 'rests.json'), JSON.stringify({ rests }))
  const { code, stdout } = await sources()
  t.equal(code, 0)
  t.match(
    stdout,
    /^ kraken .* symbols?\n {3}asked for fewer requests: left alone until \d{4}-\d\d-\d\d \d\d:\d\d UTC\n/m,
  )
  t.notMatch(stdout, /^ coinbase .*\n {3}asked/m)
  t.match(stdout, /^ TZS {7}policy chain$/m)
  t.match(stdout, /^ USD {7}policy fixed$/m)
  t.match(stdout, /^ BIF {7}\d of \d: [^]*?else policy chain$/m)
  const events = (await sources('--json')).stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { event: string; name: string; restUntil?: string; routes?: string[] })
  const named = (name: string) => events.find((event) => event.name === name)
  t.match(named('kraken'), { event: 'source', restUntil: /^\d{4}-/ })
  t.match(named('coinbase'), { event: 'source', restUntil: null })
  t.match(named('TZS'), { event: 'routes', policy: 'chain', routes: [] })
})

t.test('a feed of the real exchanges, or of one that is given', async (t) => {
  const section = pricesSection(undefined, { folder: '.', env: {} })
  if (!('value' in section)) throw new Error('the defaults are right')
  const { settings } = section.value
  const [warned, asked] = [[] as string[], [] as string[]]
  const open = async (name: string, exchange?: string) => {
    const resources = openResources()
    const context = {
      settings: {
        ...{ 'network.name': name, 'data.dir': t.testdir(), 'prices.recordVersion': 5 },
        ...{ 'prices.exchange': exchange, 'prices.only': ['eur', 'XBT'] },
      },
      sections: {
        prices: {
          settings: { ...settings, notices: ['a source is left out'] },
          at: (url: string) => (asked.push(url), settings),
        },
      },
      log: { warn: (text: string) => void warned.push(text) },
    } as unknown as Parameters<typeof openFeed>[0]
    const opened = await openFeed(context, resources)
    await resources.close()
    return opened
  }
  const real = await open('MainNet')
  t.match(real, { winners: null }, 'no miner has run here')
  t.equal(real.input(), undefined)
  t.same(real.settings.config, settings.config)
  t.same(warned, ['a source is left out'])
  await open('local', 'http://127.0.0.1:1//')
  t.same(asked, ['http://127.0.0.1:1'])
  t.equal(warned.length, 1)
})

t.test('a terminal is told what is waited for', async (t) => {
  const snapshot = { version: 5 } as PriceSnapshot
  const take = async (isTTY: boolean, json: boolean): Promise<string[]> => {
    const written: string[] = []
    const context = {
      ...{ stderr: { isTTY, write: (text: string) => written.push(text) }, output: { json } },
      ...{ settings: { 'prices.recordVersion': 5 }, signal: new AbortController().signal },
    }
    const feed = { sourceNames: ['a', 'b'], snapshot: () => Promise.resolve(snapshot) }
    const [first, second] = [context, { feed, winners: null }] as unknown as Parameters<typeof takeSnapshot>
    t.equal(await takeSnapshot(first, second), snapshot)
    return written
  }
  t.same(await take(true, false), ['asking 2 sources …', '\r\u001b[K'])
  t.same(await take(true, true), [])
  t.same(await take(false, false), [])
})

t.test('a snapshot for programs: without a block its height is null', (t) => {
  const events: { event: string }[] = []
  const output = { event: (event: { event: string }) => void events.push(event) }
  const empty = new Map()
  const tell = (height: number): void =>
    tellSnapshot(
      { output } as unknown as Parameters<typeof tellSnapshot>[0],
      {
        ...{ height, version: 5, takenAt: 0, complete: false, assets: empty, prices: empty, indices: empty },
        ...{
          missing: new Map([['PEG', 'no vote']]),
          outliers: empty,
          sources: [],
          configHash: 'ab',
          engine: 1,
        },
      } as unknown as PriceSnapshot,
    )
  tell(0)
  tell(9)
  t.match(events, [
    { event: 'snapshot', height: null, takenAt: '1970-01-01T00:00:00.000Z', missing: { PEG: 'no vote' } },
    { event: 'snapshot', height: 9 },
  ])
  t.end()
})
