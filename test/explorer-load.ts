/**
 * Asks an explorer for 300 pages and answers a second for a minute, half of them of a recorded history, half of a network
 * that it follows meanwhile, with a miner on the same machine. Tells how long answers took, what the programs needed, and
 * whether blocks were followed on time; fails if any request did.
 *
 *   npm run build && node --import '#typescript' test/explorer-load.ts RECORDED [seconds] [requests a second]
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { Agent, request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { start, type Running } from './fixtures/program.js'

const [recorded = '', seconds = 60, rate = 300] = [process.argv[2], ...process.argv.slice(3).map(Number)]
const folder = mkdtempSync(join(tmpdir(), 'explorer-load-'))
const agent = new Agent({ keepAlive: true, maxSockets: 256 })

interface Got {
  readonly status: number
  readonly ms: number
  readonly body: string
}

function get(url: string): Promise<Got> {
  const begun = performance.now()
  return new Promise((resolve, reject) => {
    request(url, { agent }, (response) => {
      const parts: Buffer[] = []
      response.on('data', (part: Buffer) => parts.push(part))
      response.on('error', reject)
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          ms: performance.now() - begun,
          body: Buffer.concat(parts).toString(),
        }),
      )
    })
      .on('error', reject)
      .end()
  })
}

const serve = (name: string, words: readonly string[]): Running =>
  start(['explorer', ...words, '--data-dir', join(folder, name), '--metrics-port', '0', '--json'])

/** Every page and answer that a block and an address of it lead to. */
async function pathsOf(origin: string): Promise<string[]> {
  const api = '/api/v1/explorer'
  const { blocks } = JSON.parse((await get(`${origin}${api}/network`)).body) as {
    blocks: { height: number }[]
  }
  const heights = blocks.map(({ height }) => height)
  const block = JSON.parse((await get(`${origin}${api}/block/${heights[0]}`)).body) as {
    actions: { address: string; hash: string }[]
    records: { identity: string; entryHash: string }[]
  }
  const charts = ['price', 'spread', 'supply', 'conversions', 'power', 'records', 'index', 'risk']
  return [
    ...['/explorer', '/explorer-page/explorer.js', '/explorer-page/explorer.css'],
    ...['network', 'blocks', 'search?q=PEG', 'asset/PEG', 'asset/pUSD'].map((path) => `${api}/${path}`),
    ...heights.map((height) => `${api}/block/${height}`),
    ...block.actions.slice(0, 10).map(({ address }) => `${api}/address/${address}`),
    ...block.actions.slice(0, 10).map(({ hash }) => `${api}/entry/${hash}`),
    ...block.records.slice(0, 10).map(({ identity }) => `${api}/miner/${encodeURIComponent(identity)}`),
    ...charts.map((chart) => `${api}/series/${chart}?ticker=PEG`),
  ]
}

const memoryOf = (pid: number): number =>
  Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024

const taken: number[] = []
const failures: string[] = []
const behind: number[] = []
const [old, living] = [
  serve('recorded', ['--from-file', recorded, '--trust-claims', '--bits', '16']),
  serve('living', ['--network', 'dev', '--bits', '12']),
]
try {
  const origins = await Promise.all(
    [old, living].map(async (one) => new URL((await one.event('explorer.serving')).url as string).origin),
  )
  const [first = '', second = ''] = origins
  for (let height = 0; height < 3;)
    ({ height } = JSON.parse((await get(`${second}/api/v1/explorer/network`)).body) as { height: number })
  const urls = (
    await Promise.all(origins.map(async (origin) => (await pathsOf(origin)).map((path) => origin + path)))
  ).map((list, k) => ({ list, k }))
  const pending: Promise<void>[] = []
  const peak = [0, 0]
  const begun = performance.now()
  for (let asked = 0; asked < seconds * rate; asked++) {
    const due = begun + (1000 * asked) / rate
    if (due > performance.now()) await new Promise((resolve) => setTimeout(resolve, due - performance.now()))
    const { list } = urls[asked % 2] as { list: string[] }
    const url = list[Math.floor(asked / 2) % list.length] as string
    pending.push(
      get(url).then(
        ({ status, ms }) => {
          taken.push(ms)
          if (status !== 200) failures.push(`${status} ${url}`)
        },
        (error: unknown) => void failures.push(`${String(error)} ${url}`),
      ),
    )
    if (asked % rate === 0) {
      ;[old, living].forEach(({ child }, k) => (peak[k] = Math.max(peak[k] ?? 0, memoryOf(child.pid ?? 0))))
      void get(`${second}/api/v1/explorer/network`).then(({ body }) =>
        behind.push((JSON.parse(body) as { behind: number }).behind),
      )
    }
  }
  await Promise.all(pending)
  const lasted = (performance.now() - begun) / 1000
  const sorted = taken.toSorted((a, b) => a - b)
  const at = (share: number): string => (sorted[Math.floor(share * (sorted.length - 1))] ?? 0).toFixed(1)
  console.log(`${taken.length} requests in ${lasted.toFixed(1)} s, ${failures.length} failed`)
  console.log(`half within ${at(0.5)} ms, 99 % within ${at(0.99)} ms, the slowest ${at(1)} ms`)
  console.log(
    `memory at most: ${peak.map((mib) => `${mib.toFixed(0)} MiB`).join(' (recorded), ')} (followed)`,
  )
  console.log(`blocks behind at most: ${Math.max(...behind)}`)
  console.log([...new Set(failures)].slice(0, 10).join('\n'))
  process.exitCode = failures.length > 0 || Math.max(...behind) > 1 || first === '' ? 1 : 0
} finally {
  await Promise.all([old, living].map(({ child, ended }) => (child.kill('SIGINT'), ended)))
  agent.destroy()
  rmSync(folder, { recursive: true })
}
