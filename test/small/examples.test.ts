/** The examples are true: the program takes each configuration, and the compose file names what is there. */
import { copyFileSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { PassThrough, Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import { parse } from 'yaml'

import { COMMANDS } from '../../cli/program/commands.js'
import { runProgram } from '../../cli/program/program.js'
import { envNameOf, readFlags, SETTING_KEYS, settingOf } from '../../config/index.js'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const EXAMPLES = join(ROOT, 'examples')
const COMPOSE = join(EXAMPLES, 'compose')
const FARM = join(ROOT, 'config/nats')

/** What a reader puts in the place of `…`, by key. */
const OWN: Readonly<Record<string, string>> = {
  identity: 'mymachine1',
  coinbase: 'FA2jK2HcLnRdS94dEcU27rF3meoJfpUcZPSinpb7AwQvPRY6RL1Q',
  oracleTxid: '1'.repeat(64),
  bindTxid: '2'.repeat(64),
  pubkey: `02${'3'.repeat(64)}`,
}
/** A public test key. */
const SECRET = 'Es2XT3jSxi1xqrDvS5JERM3W3jh1awRHuyoahn3hbQLyfEi1jvbq'

const LEFT_OPEN = /^(\s*)(\w+): …$/gm

async function check(file: string): Promise<{ code: number; err: string }> {
  const stderr = new PassThrough()
  let err = ''
  stderr.on('data', (chunk: Buffer) => (err += chunk.toString()))
  const code = await runProgram(['config', 'check', '--config', file], {
    stdin: Readable.from([]),
    stdout: new PassThrough().resume(),
    stderr,
    env: {},
    interrupted: new AbortController().signal,
  })
  return { code, err }
}

const FILES = readdirSync(EXAMPLES).filter((name) => name.endsWith('.yaml'))
t.ok(FILES.length >= 3, FILES.join(', '))

for (const name of FILES)
  t.test(name, async (t) => {
    const text = readFileSync(join(EXAMPLES, name), 'utf8')
    const folder = t.testdir()
    const file = join(folder, name)
    if (text.includes('ecSecretFile: es.key'))
      writeFileSync(join(folder, 'es.key'), `${SECRET}\n`, { mode: 0o600 })
    copyFileSync(join(EXAMPLES, name), file)

    const open = [...text.matchAll(LEFT_OPEN)]
    t.equal([...text.matchAll(/^[^#\n]*…/gm)].length, open.length, 'each line left open is a key alone')
    if (open.length > 0) {
      const { code, err } = await check(file)
      t.equal(code, 2, 'nothing runs before it is filled in')
      for (const { index, 2: key } of open) {
        const line = text.slice(0, index).split('\n').length
        t.match(err, new RegExp(`${name}:${line}: .*${key}`), `line ${line} is asked for`)
      }
    }
    let count = 0
    writeFileSync(
      file,
      text.replaceAll(LEFT_OPEN, (_, space: string, key: string) => {
        // Two gateways differ in their oracle.
        const value = key === 'oracleTxid' ? String(++count).repeat(64) : OWN[key]
        return `${space}${key}: '${value}'`
      }),
    )
    const { code, err } = await check(file)
    t.equal(code, 0, err)
  })

interface Service {
  readonly build?: string
  readonly command?: readonly string[]
  readonly environment?: Readonly<Record<string, string>>
  readonly volumes: readonly string[]
  readonly ports?: readonly string[]
  /** Names, or what is awaited of each. */
  readonly depends_on?: readonly string[] | Readonly<Record<string, object>>
}
interface Compose {
  readonly services: Readonly<Record<string, Service>>
  readonly volumes: Readonly<Record<string, null>>
}
const yamlOf = (path: string, folder = COMPOSE): unknown =>
  parse(readFileSync(join(folder, path), 'utf8'), { merge: true })

const mountOf = (volume: string): readonly [inside: string, host: string, mode: string] => {
  const [host = '', inside = '', mode = 'rw'] = volume.split(':')
  return [inside, host, mode]
}

/** Path in the container → host path, of files and folders. */
const mountsOf = ({ volumes }: Service): Map<string, string> =>
  new Map(
    volumes
      .filter((volume) => volume.startsWith('.'))
      .map(mountOf)
      .map(([inside, host]) => [inside, host]),
  )

/** What is mounted is there, and what our services are given to do they understand. */
function checkCompose(t: Test, folder: string): void {
  const { services, volumes } = yamlOf('compose.yaml', folder) as Compose
  for (const [name, service] of Object.entries(services)) {
    for (const host of mountsOf(service).values())
      t.ok(existsSync(join(folder, host)), `${name}: ${host} is there`)
    for (const volume of service.volumes.filter((text) => !text.startsWith('.')))
      t.ok(Object.hasOwn(volumes, volume.split(':')[0]!), `${name}: volume ${volume}`)
    const mounts = service.volumes.map(mountOf)
    const fixed = mounts.filter(([, , mode]) => mode === 'ro').map(([inside]) => `${inside}/`)
    for (const [inside] of mounts)
      t.notOk(
        fixed.find((outer) => inside.startsWith(outer)),
        `${name}: ${inside} can be made`,
      )
    for (const port of service.ports ?? [])
      t.match(port, /^127\.0\.0\.1:/, `${name} is published on loopback`)
    const { depends_on: awaited = [] } = service
    for (const other of Array.isArray(awaited) ? (awaited as string[]) : Object.keys(awaited))
      t.ok(services[other], `${name} waits for ${other}`)
    if (!service.build) continue
    t.ok(existsSync(join(folder, service.build, 'Dockerfile')), 'there is an image to build')
    const [word, ...flags] = service.command!
    const command = COMMANDS.find((known) => known.name === word)
    t.same(readFlags(flags, command!.keys).problems, [])
    for (const variable of Object.keys(service.environment ?? {}))
      t.ok(
        SETTING_KEYS.some((key) => envNameOf(key) === variable),
        variable,
      )
  }
}

t.test('the compose files', (t) => {
  checkCompose(t, COMPOSE)
  checkCompose(t, FARM)
  t.end()
})

t.test('the farm in containers', (t) => {
  const { services } = yamlOf('compose.yaml', FARM) as Compose
  const { coordinator, users, nats, prometheus } = services as Record<string, Service>
  const [, , folder, ...names] = users!.command!
  const [inside, store] = mountOf(users!.volumes[0]!)
  t.equal(folder, inside, 'credentials are written into the volume')
  for (const [name, { command = [] }] of Object.entries(services)) {
    const creds = command[command.indexOf('--creds') + 1]
    if (!command.includes('--creds')) continue
    const user = name === 'coordinator' ? name : `rig${name.slice(-1)}`
    t.equal(creds, `/farm/${user}.creds`, `${name} has a credential that is written`)
    t.ok(services[name]!.volumes.includes(`${store}:/farm:ro`))
    t.ok(user === 'coordinator' || names.includes(user))
  }
  const [, config = ''] = nats!.command!
  t.equal(mountsOf(nats!).get(config), './compose.conf')
  const conf = readFileSync(join(FARM, 'compose.conf'), 'utf8')
  const [, included = ''] = /^include (.*)$/m.exec(conf) ?? []
  t.equal(join(dirname(config), included), '/farm/users.conf')
  t.ok(nats!.volumes.includes(`${store}:/farm:ro`), 'where the server looks for users.conf')
  const shipped = readFileSync(join(FARM, 'nats-server.conf'), 'utf8')
  for (const limit of ['max_payload', 'max_file_store'])
    t.equal(new RegExp(`${limit}: .*`).exec(conf)?.[0], new RegExp(`${limit}: .*`).exec(shipped)?.[0])
  const scrape = yamlOf('compose-prometheus.yml', FARM) as {
    rule_files: string[]
    scrape_configs: { static_configs: { targets: string[] }[] }[]
  }
  for (const rules of scrape.rule_files)
    t.ok(mountsOf(prometheus!).get(`/etc/prometheus/${rules}`), `${rules} is mounted`)
  const [target] = scrape.scrape_configs[0]!.static_configs[0]!.targets
  t.equal(target, `coordinator:${String(settingOf('telemetry.port').default)}`)
  t.equal(coordinator!.environment?.['PEGMINER_TELEMETRY_HOSTS'], 'coordinator')
  t.end()
})

t.test('Prometheus in the compose file', (t) => {
  const { services } = yamlOf('compose.yaml') as Compose
  const scrape = yamlOf('prometheus.yml') as {
    rule_files: string[]
    scrape_configs: { job_name: string; static_configs: { targets: string[] }[] }[]
  }
  const mounts = mountsOf(services['prometheus']!)
  t.equal(mounts.get('/etc/prometheus/prometheus.yml'), './prometheus.yml')
  const all = readdirSync(join(ROOT, 'config/prometheus')).filter((file) => file.endsWith('.rules.yml'))
  t.same([...scrape.rule_files].sort(), all, 'each file of rules is read')
  for (const rules of scrape.rule_files) {
    const host = mounts.get(`/etc/prometheus/${rules}`)!
    t.ok(existsSync(join(COMPOSE, host)), rules)
  }
  const [job] = scrape.scrape_configs
  const rules = readFileSync(join(ROOT, 'config/prometheus/pegminer.rules.yml'), 'utf8')
  t.match(rules, `up{job="${job!.job_name}"}`, 'alerts ask for this job')
  const [target = ''] = job!.static_configs[0]!.targets
  const [name = '', port] = target.split(':')
  t.equal(Number(port), settingOf('telemetry.port').default)
  t.equal(services[name]?.environment?.['PEGMINER_TELEMETRY_HOSTS'], name, 'the miner answers to this name')
  t.end()
})

t.test('Grafana in the compose file', (t) => {
  const { services } = yamlOf('compose.yaml') as Compose
  const { datasources } = yamlOf('grafana/datasource.yaml') as { datasources: { url: string }[] }
  const { hostname, port } = new URL(datasources[0]!.url)
  t.ok(services[hostname]!.ports!.some((published) => published.endsWith(`:${port}`)))
  const mounts = mountsOf(services['grafana']!)
  const { providers } = yamlOf('grafana/dashboards.yaml') as { providers: { options: { path: string } }[] }
  const folder = mounts.get(providers[0]!.options.path)!
  t.ok(readdirSync(join(COMPOSE, folder)).includes('miner.json'), 'the dashboards are mounted where it looks')
  t.end()
})
