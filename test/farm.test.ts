/** A farm as its users run it: a coordinator, and workers that join with the line that it prints. */
import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { connect, type NatsConnection } from '@nats-io/transport-node'
import t, { type Test } from 'tap'

import { connectFarm, hasNatsServer, openStore, readCredential, serverMap } from '../miner/farm/index.js'
import { offerMap } from '../miner/farm/maps.js'
import { SCHEMA, write } from '../miner/farm/messages.js'
import { runServer } from '../miner/farm/server.js'
import { DEV_KEYS } from '../factom/dev/index.js'
import { runHere } from './fixtures/in-process.js'
import { endMinutes, manualFlags } from './fixtures/minutes.js'
import { start, type Running } from './fixtures/program.js'

const BITS = '10'

t.test('without a nats-server: one line that says how to install it', async (t) => {
  const dir = t.testdir({})
  // Of all programs only the one that starts ours.
  symlinkSync('/usr/bin/env', join(dir, 'env'))
  const words = ['farm', 'coordinator', '--network', 'dev', '--bits', BITS, '--data-dir', join(dir, 'data')]
  const { code, stderr } = await start(words, { PATH: dir }).ended
  t.equal(code, 2)
  t.match(stderr, /^pegminer: E_FARM_NO_SERVER: .*apt install nats-server.*\n$/)
})

t.test('a worker that lacks something, or has a key that pays, does not begin', async (t) => {
  const data = ['--data-dir', t.testdir({})]
  const bare = await runHere(['farm', 'worker', ...data])
  t.equal(bare.code, 2)
  t.match(bare.stderr, /--nats/)
  t.match(bare.stderr, /--creds/, 'all that is missing at once')
  const secret = { PEGMINER_MINER_EC_SECRET: DEV_KEYS.ecSecret }
  t.match(await runHere(['farm', 'worker', ...data], '', secret), { code: 2, stderr: /E_FARM_SECRET/ })
  const wrong = await runHere([
    'farm',
    'worker',
    '--nats',
    'nats://127.0.0.1:1',
    '--creds',
    '/dev/null',
    ...data,
  ])
  t.match(wrong, { code: 2, stderr: /E_FARM_CREDENTIAL/ })
  const idle = await runHere([
    'farm',
    'coordinator',
    '--network',
    'dev',
    '--threads',
    '2',
    '--kernel',
    'simd',
    ...data,
  ])
  t.equal(idle.code, 2)
  t.match(idle.stderr, /coordinator has no use for --threads/)
  t.match(idle.stderr, /coordinator has no use for --kernel/)
  const priced = ['farm', 'worker', '--bits', '12', '--coinbase', DEV_KEYS.fctAddress, ...data]
  t.match(await runHere(priced), {
    code: 2,
    stderr: /worker has no use for --coinbase[^]*worker has no use for --bits/,
  })
  t.match(await runHere(['farm', 'cordinator']), { code: 2, stderr: /did you mean coordinator/ })
})

if (!hasNatsServer()) t.pass('the rest is skipped: no nats-server is installed', { skip: true })
else {
  t.test('a coordinator and three workers: a block mined, published, graded, paid', threeWorkers)
  t.test('the shipped configuration lets a worker do its work, and nothing else', shippedConfiguration)
  t.test(
    'the server of the compose file lets a worker in, which waits for a job that is for it',
    worksWhenFit,
  )
}

interface Range {
  readonly oprHash: string
  readonly from: bigint
  readonly to: bigint
}

const rangesOf = ({ events }: Running): Range[] =>
  events
    .filter(({ event }) => event === 'lease')
    .map(({ oprHash, from, to }) => ({
      oprHash: String(oprHash),
      from: BigInt(String(from)),
      to: BigInt(String(to)),
    }))

async function threeWorkers(t: Test): Promise<void> {
  const dir = t.testdir({})
  const maps = ['--dir', join(dir, 'maps')]
  const coordinator = start([
    ...['farm', 'coordinator', '--network', 'dev', '--bits', BITS, '--blocks', '1', ...manualFlags(dir)],
    ...['--json', '--metrics-port', '0', '--data-dir', join(dir, 'coordinator'), ...maps, '--offer-bytemap'],
  ])
  t.teardown(() => coordinator.kill())
  const { join: line, threads } = await coordinator.event('start')
  t.match(line, /^pegminer farm worker --nats nats:\/\/127\.0\.0\.1:\d+ --creds \S+$/)
  t.equal(threads, 0)
  const words = String(line).split(' ').slice(1)
  const workers = ['one', 'two', 'three'].map((name) =>
    start([
      ...[...words, '--name', name, '--threads', '1', '--json', '--data-dir', join(dir, name)],
      // The third one is bare.
      ...(name === 'three' ? ['--dir', join(dir, 'map of three')] : maps),
    ]),
  )
  for (const worker of workers) t.teardown(() => worker.kill())

  const three = workers[2] as Running
  t.match(await three.event('bytemap', ({ phase }) => phase === 'ready'), { origin: 'opened' })
  t.ok(
    three.events.some(({ event, phase }) => event === 'bytemap' && phase === 'fetch'),
    'the third one has fetched its ByteMap',
  )
  await endMinutes(coordinator, { until: 4 })
  const { metrics } = await coordinator.event('start')
  const { port } = new URL(String(metrics))
  const ended = await start(['farm', 'status', '--metrics-port', port, '--json']).ended
  t.match(JSON.parse(ended.stdout), {
    ...{ event: 'farm', active: true, here: 3, missing: 0 },
    machines: ['one', 'two', 'three'].map(() => ({
      worker: /^worker\.(one|two|three)$/,
      state: 'here',
      threads: 1,
    })),
  })
  t.match(await runHere(['farm', 'status', '--metrics-port', port]), {
    code: 0,
    stdout: /worker\.two +here +(\d\S* \S?H\/s|n\/a)  .* n\/a  /,
  })
  t.match(await (await fetch(String(metrics))).text(), /^pegnet_farm_hit_faults_total\{fault="false"\} 0$/m)
  await endMinutes(coordinator, { until: 9 })
  const accounts = await runHere(['farm', 'accounts', '--metrics-port', port, '--csv'])
  t.match(
    accounts.stdout,
    /^day,worker,hits,hashes\n(\d{4}-\d\d-\d\d,worker\.(one|two|three),\d+,\d+\n){1,3}$/,
  )
  t.match(await runHere(['farm', 'accounts', '--metrics-port', port, '--csv', '--json']), { code: 2 })
  t.equal(
    await (await fetch(String(metrics).replace('/metrics', '/api/v1/accounts?format=csv'))).text(),
    accounts.stdout,
  )
  await endMinutes(coordinator)
  const { height } = await coordinator.event('graded', ({ reward }) => reward === String(25 * 360))
  t.equal((await coordinator.ended).code, 0)
  const { oprHash } = await coordinator.event('job', (event) => event['height'] === height)
  const entries = coordinator.events.filter((event) => event.event === 'entry' && event['height'] === height)
  const published = [...new Set(entries.map(({ nonce }) => String(nonce)))]
  t.equal(published.length, 25)

  /** Who sent it, and whether that worker held the counter. */
  const senderOf = (nonce: string): readonly [name: number, held: boolean] => {
    const sender = workers.findIndex(({ events }) => events.some((event) => event['nonce'] === nonce))
    const counter = BigInt(`0x${nonce}`)
    const ranges = sender < 0 ? [] : rangesOf(workers[sender] as Running)
    return [
      sender,
      ranges.some((range) => range.oprHash === oprHash && counter >= range.from && counter < range.to),
    ]
  }
  const senders = published.map(senderOf)
  t.ok(
    senders.every(([sender, held]) => sender >= 0 && held),
    'each nonce lies in a range that its sender held',
  )
  const all = workers.flatMap(rangesOf).filter((range) => range.oprHash === oprHash)
  const sorted = all.toSorted((a, b) => (a.from < b.from ? -1 : 1))
  t.notOk(
    sorted.find(({ from }, at) => at > 0 && from < (sorted[at - 1] as Range).to),
    'no range is hashed twice',
  )
  for (const worker of workers) worker.child.kill('SIGINT')
  for (const [at, worker] of workers.entries()) {
    const { code, stdout, stderr } = await worker.ended
    t.equal(code, 130)
    t.notMatch(stdout + stderr, /\b[EF]s[1-9A-HJ-NP-Za-km-z]{50}/, `worker ${at} knows no key`)
    t.equal(stderr, '')
  }
  const left = ['one', 'two', 'three'].flatMap((name) => filesIn(join(dir, name)))
  t.notOk(
    left.find((file) => /\b[EF]s[1-9A-HJ-NP-Za-km-z]{50}/.test(readFileSync(file, 'latin1'))),
    'no file of a worker holds one',
  )
}

const filesIn = (dir: string): string[] =>
  readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name))

async function shippedConfiguration(t: Test): Promise<void> {
  const dir = t.testdir({})
  const made = await start(['farm', 'users', dir, 'rig1', 'rig2', '--json']).ended
  t.equal(made.code, 0, made.stderr)
  const before = readFileSync(join(dir, 'rig1.creds'), 'utf8')
  t.equal((await runHere(['farm', 'users', dir, 'rig3'])).code, 0)
  t.equal(readFileSync(join(dir, 'rig1.creds'), 'utf8'), before, 'a credential that is there stays')
  t.match(await runHere(['farm', 'users', dir, 'rig 4']), { code: 2, stderr: /cannot be a name/ })
  t.notMatch(readFileSync(join(dir, 'users.conf'), 'utf8'), /SU[A-Z2-7]{56}/, 'the server knows no secret')

  const certificate = ['server.crt', 'server.key'].map((name) => join(dir, name)) as [string, string]
  execFileSync(
    'openssl',
    [
      ...[
        'req',
        '-x509',
        '-newkey',
        'ec',
        '-pkeyopt',
        'ec_paramgen_curve:prime256v1',
        '-nodes',
        '-days',
        '2',
      ],
      ...['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost', '-out', certificate[0]],
      ...['-keyout', certificate[1]],
    ],
    { stdio: 'ignore' },
  )
  const shipped = readFileSync(
    fileURLToPath(new URL('../config/nats/nats-server.conf', import.meta.url)),
    'utf8',
  )
  const config = join(dir, 'nats-server.conf')
  writeFileSync(
    config,
    shipped
      .replaceAll('/etc/nats', dir)
      .replace('/var/lib/nats', join(dir, 'store'))
      .replace('0.0.0.0:4222', '127.0.0.1:-1')
      .replace('http: "127.0.0.1:8222"', ''),
  )
  const server = await runServer(config)
  t.teardown(() => server.close())
  const servers = [`nats://localhost:${server.port}`]
  const signal = new AbortController().signal
  const joined = async (user: string): Promise<NatsConnection> => {
    const credential = readCredential(join(dir, `${user}.creds`))
    const link = await connectFarm({ servers, credential, name: user, signal, ca: certificate[0] })
    t.teardown(() => link.close())
    return link
  }
  await t.rejects(connect({ servers, tls: null, reconnect: false }), 'not without TLS')
  await t.rejects(
    connect({ servers, tls: { ca: readFileSync(certificate[0], 'utf8') }, reconnect: false }),
    /Authorization/,
    'not without a credential',
  )

  const { job, hits } = await openStore(await joined('coordinator'))
  await job.put('job', 'a job')
  const worker = await joined('rig1')
  const asked = (subject: string, text = '') => worker.request(subject, text, { timeout: 3000 })
  const get = '$JS.API.DIRECT.GET.KV_pegminer_job.$KV.pegminer_job.job'
  t.equal((await asked(get)).string(), 'a job', 'it reads the job')
  const news = new Promise((resolve) => {
    worker.subscribe('pegminer.job.job', { callback: (_, message) => resolve(message.string()) })
  })
  await worker.flush()
  await job.put('job', 'another')
  t.equal(await news, 'another', 'it is told of the next one')
  t.match((await asked('pegminer.hits.rig1.name', 'a hit')).string(), /"stream":"PEGMINER_HITS"/)
  t.equal((await hits.info()).num_pending, 1)
  await t.rejects(asked('pegminer.lease.rig1.name'), /no responders/, 'it may ask, and nobody is there')

  const { manager } = await openStore(await joined('coordinator'))
  const map = { file: join(dir, 'map'), sha256: 'ab'.repeat(32), params: { bits: 8 } }
  writeFileSync(map.file, Buffer.alloc(256, 7))
  const onTrouble = (reason: string): void => void t.fail(reason)
  const offer = { connection: await joined('coordinator'), manager, byteMap: map, signal, onTrouble }
  await offerMap(offer)
  t.same(
    await serverMap(worker, map.sha256).read(0),
    Buffer.alloc(256, 7),
    'it reads a ByteMap that is offered',
  )

  const refused = /Permissions Violation/
  for (const subject of [
    '$KV.pegminer_job.job',
    'pegminer.job.job',
    'pegminer.hits.rig2.name',
    'pegminer.lease.rig2.name',
    '$KV.pegminer_leases.x',
    '$JS.API.DIRECT.GET.KV_pegminer_best.$KV.pegminer_best.x',
    '$JS.API.DIRECT.GET.KV_pegminer_leases.$KV.pegminer_leases.x',
    '$JS.API.STREAM.MSG.GET.PEGMINER_HITS',
    `pegminer.bytemap.${map.sha256}.0`,
    '$JS.API.STREAM.PURGE.PEGMINER_BYTEMAP',
    '$JS.API.DIRECT.GET.PEGMINER_BYTEMAP',
    '$JS.API.STREAM.PURGE.PEGMINER_HITS',
    '$JS.API.STREAM.INFO.PEGMINER_HITS',
    '$JS.API.CONSUMER.CREATE.PEGMINER_HITS',
    '$JS.API.CONSUMER.MSG.NEXT.PEGMINER_HITS.coordinator',
    '$JS.API.CONSUMER.CREATE.KV_pegminer_job',
    '_INBOX.coordinator.x',
    '_INBOX.rig2.x',
  ])
    await t.rejects(asked(subject, '{}'), refused, `it may not publish to ${subject}`)
  for (const subject of [
    'pegminer.hits.>',
    'pegminer.hits.rig2.*',
    'pegminer.lease.>',
    '$KV.>',
    '_INBOX.>',
    '_INBOX.rig2.>',
    '_INBOX.coordinator.>',
    '$JS.>',
    '>',
  ]) {
    const answer = new Promise<Error | null>((resolve) => {
      worker.subscribe(subject, { callback: (error) => resolve(error) })
    })
    t.match(await answer, { message: refused }, `it may not listen to ${subject}`)
  }
}

async function worksWhenFit(t: Test): Promise<void> {
  const dir = t.testdir({ config: {}, farm: {} })
  t.equal((await runHere(['farm', 'users', join(dir, 'farm'), 'rig1'])).code, 0)
  const shipped = fileURLToPath(new URL('../config/nats/compose.conf', import.meta.url))
  const config = join(dir, 'config/nats-server.conf')
  writeFileSync(
    config,
    readFileSync(shipped, 'utf8')
      .replace('"/store"', JSON.stringify(join(dir, 'store')))
      .replace('0.0.0.0:4222', '127.0.0.1:-1'),
  )
  const server = await runServer(config)
  t.teardown(() => server.close())
  const url = `nats://127.0.0.1:${server.port}`
  const coordinator = await connectFarm({
    ...{
      servers: [url],
      credential: readCredential(join(dir, 'farm/coordinator.creds')),
      name: 'coordinator',
    },
    signal: new AbortController().signal,
  })
  t.teardown(() => coordinator.close())
  const { job } = await openStore(coordinator)
  const params = { bits: +BITS, seed: 0xfafaececfafaececn, passes: 5, hashBits: 256 }
  const idle = { state: 'idle', network: 'dev', machineId: 0, record: null } as const
  const jobOf = (v: number, sha256: string): string =>
    write({ v: v as typeof SCHEMA, ...idle, byteMap: { ...params, sha256 } })
  await job.put('job', jobOf(SCHEMA + 1, 'ab'.repeat(32)))
  const worker = start([
    ...['farm', 'worker', '--nats', url, '--creds', join(dir, 'farm/rig1.creds'), '--threads', '1', '--json'],
    ...['--dir', join(dir, 'maps'), '--data-dir', join(dir, 'rig1')],
  ])
  t.teardown(() => worker.kill())
  await worker.event('notice', ({ code }) => code === 'E_FARM_VERSION')
  await job.put('job', jobOf(SCHEMA, 'ab'.repeat(32)))
  const { message } = await worker.event('notice', ({ code }) => code === 'E_FARM_BYTEMAP')
  t.match(message, /^\S+ is not the coordinator's ByteMap .* abababab….* bytemap verify/)
  const { sha256 } = await worker.event('bytemap', ({ phase }) => phase === 'ready')
  await job.put('job', jobOf(SCHEMA, String(sha256)))
  await worker.event('bytemap', ({ origin }) => origin === 'opened')
  worker.child.kill('SIGINT')
  t.equal((await worker.ended).code, 130)
}
