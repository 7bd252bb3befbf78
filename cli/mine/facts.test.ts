/** The first lines of a run. */
import { homedir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'

import type { OpenByteMap } from '../../lxrhash/index.js'
import { matchExactly } from '../../test/fixtures/match-exactly.js'
import { mapFacts, networkFacts, programFacts, threadsText } from './facts.js'

t.test('the machine', (t) => {
  const facts = (cores: number, config?: string) =>
    programFacts({ cpu: 'EPYC', cores, memory: 2 ** 33, freeMemory: 2 ** 32 }, config)
      .filter(([label]) => label !== '')
      .slice(1)
  t.same(facts(1), [
    ['cpu', 'EPYC, 1 core'],
    ['memory', '8 GiB, 4 GiB free'],
  ])
  t.same(facts(2, 'p.yaml').slice(0, 3).at(-1), ['settings', 'p.yaml'])
  t.same(facts(2)[0], ['cpu', 'EPYC, 2 cores'])
  t.end()
})

t.test('the ByteMap', (t) => {
  const map = (more: object): string[] =>
    mapFacts({
      ...{ file: join(homedir(), 'map.dat'), params: { bits: 20 }, origin: 'opened', milliseconds: 1500 },
      ...{ systemMilliseconds: 20, pages: { share: 1 }, chosen: { kernel: 'simd', why: 'the fastest' } },
      ...more,
    } as OpenByteMap).map(([, text]) => text)
  const size = '2^20 bytes (1 MiB)'
  t.same(map({}), [
    `${size}, opened and checked in 1.5 s`,
    '~/map.dat',
    'huge pages 100 %',
    'SIMD: the fastest',
  ])
  t.equal(
    map({ systemMilliseconds: 900 })[0],
    `${size}, opened and checked in 1.5 s with 900 ms of system time`,
  )
  t.equal(map({ origin: 'built' })[0], `${size}, built in 1.5 s`)
  t.same(
    map({ pages: { share: 0.5, reason: 'too few' }, chosen: { kernel: 'native', why: 'it runs' } }).slice(2),
    ['huge pages 50 %: too few', 'native: it runs'],
  )
  t.equal(
    map({ pages: { share: 0, reason: 'off', fix: 'switch it on' } })[2],
    'huge pages 0 %: off; to change that: switch it on',
  )
  t.end()
})

t.test('threads', (t) => {
  const cases: [given: Parameters<typeof threadsText>[0], text: string][] = [
    [{ threads: 2, cpus: [], nice: 0 }, '2'],
    [{ threads: 2, cpus: [0, 2, 4], nice: 10 }, '2, bound to processors 0 2, nice 10'],
    [{ threads: 1, cpus: [0, 2], nice: 0 }, '1, bound to processor 0'],
    [{ threads: 2, cpus: [3], nice: 0 }, '2, bound to processor 3'],
  ]
  for (const [given, text] of cases) t.equal(threadsText(given), text)
  t.end()
})

t.test('the network', (t) => {
  const facts = (name: string, settings: object, around: object = {}) =>
    networkFacts(
      {
        settings: {
          ...{ 'factom.url': ['a', 'b', 'c'], 'network.rivals': 0, 'network.blockSeconds': 30 },
          ...{ 'miner.machineId': 7, 'miner.dryRun': false, 'network.manual': false, ...settings },
        },
      } as unknown as Parameters<typeof networkFacts>[0],
      {
        network: { name },
        identity: 'me',
        coinbase: 'FA1',
        records: 5,
        dataDir: '/data',
      } as unknown as Parameters<typeof networkFacts>[1],
      {
        client: { url: 'http://node' },
        prices: { sourceNames: ['one', 'two'] },
        around: { key: { address: 'EC1' }, ...around },
      } as unknown as Parameters<typeof networkFacts>[2],
    )
  const always = [
    ['identity', 'me, machine 7, up to 5 records a block'],
    ['coinbase', 'FA1'],
  ]
  matchExactly(t, facts('MainNet', { 'miner.dryRun': true }), [
    ['network', 'MainNet, factomd at http://node, 2 other nodes to fall back on'],
    ...always,
    ['paid by', 'EC1; a dry run: nothing is sent'],
    ['prices', 'one two'],
    ['state', '/data'],
  ])
  t.match(facts('local', { 'factom.url': ['a'] })[0], ['network', 'local, factomd at http://node'])
  const dev = facts(
    'dev',
    { 'network.rivals': 3, 'network.manual': true },
    { exchange: 'http://books', control: { url: 'http://clock', token: 'abc' } },
  )
  matchExactly(t, dev, [
    ['network', 'dev, blocks of 30 s, 3 rivals, factomd at http://node'],
    ...always,
    ['paid by', 'EC1 (a public test key)'],
    ['prices', 'one two'],
    ['', 'all at the embedded exchange, http://books'],
    ['minutes', 'end by advance-minute at http://clock, token abc'],
    ['state', '/data'],
  ])
  t.end()
})
