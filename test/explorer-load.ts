/**
 * Asks an explorer for 300 pages and answers a second for a minute, half of them of a recorded history, half of a network
 * that it follows meanwhile, with a miner on the same machine. Tells how long answers took, what the programs needed, and
 * whether blocks were followed on time; fails if any request did. `varied`: each question is another one, which nothing
 * that was kept can answer; else the same 60 of each are asked again and again.
 *
 *   npm run build && node --import '#typescript' test/explorer-load.ts RECORDED [seconds] [requests a second] [varied]
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { Agent, request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { start, type Running } from './fixtures/program.js'

const [recorded = '', seconds = 60, rate = 300] = [process.argv[2], ...process.argv.slice(3, 5).map(Number)]
const varied = process.argv[5] === 'varied'
const VISITORS = 250
const API = '/api/v1/explorer'
const folder = mkdtempSync(join(tmpdir(), 'explorer-load-'))
const agent = new Agent({ keepAlive: true, maxSockets: 256 })

let state = 7
const below = (most: number): number => {
  state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
  return Math.floor((state / 2 ** 32) * most)
}
const oneOf = <T>(list: readonly T[]): T => list[below(list.length)] as T

interface Got {
  readonly status: number
  readonly ms: number
  readonly body: string
}

/** As a proxy asks for its visitors. */
function get(url: string): Promise<Got> {
  const begun = performance.now()
  const headers = { 'x-forwarded-for': `10.0.0.${below(VISITORS)}` }
  return new Promise((resolve, reject) => {
    request(url, { agent, headers }, (response) => {
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
const json = async <T>(url: string): Promise<T> => JSON.parse((await get(url)).body) as T

const serve = (name: string, words: readonly string[]): Running =>
  start(['explorer', ...words, '--data-dir', join(folder, name), '--metrics-port', '0', '--json'])

interface Known {
  readonly heights: readonly number[]
  readonly addresses: readonly string[]
  readonly hashes: readonly string[]
  readonly miners: readonly string[]
}

/** What the last blocks lead to; of a long history blocks of all its ages. */
async function knownOf(origin: string): Promise<Known> {
  const heights: number[] = []
  for (let [before, more] = [2 ** 32, true]; more && heights.length < 400;) {
    const page = await json<{
      blocks: { height: number }[]
      more: boolean
    }>(`${origin}${API}/blocks?limit=100&before=${before}`)
    heights.push(...page.blocks.map(({ height }) => height))
    ;[before, more] = [heights.at(-1) ?? 0, page.more]
  }
  const found = { addresses: new Set<string>(), hashes: new Set<string>(), miners: new Set<string>() }
  const step = Math.ceil(heights.length / 20)
  for (const height of heights.filter((_, k) => k % step === 0)) {
    const block = await json<{
      actions: { address: string; hash: string }[]
      records: { identity: string; address: string; entryHash: string }[]
    }>(`${origin}${API}/block/${height}`)
    for (const { address, hash } of block.actions) {
      found.addresses.add(address)
      found.hashes.add(hash)
    }
    for (const record of block.records) {
      found.miners.add(record.identity).add(record.address)
      found.hashes.add(record.entryHash)
    }
  }
  return {
    heights,
    addresses: [...found.addresses],
    hashes: [...found.hashes],
    miners: [...found.miners].filter((name) => name !== ''),
  }
}

const CHARTS = ['price', 'spread', 'supply', 'conversions', 'power', 'records', 'index', 'risk']
const MINERS = ['distance', 'share', 'reward']
const FILES = ['/explorer', '/explorer-page/explorer.js', '/explorer-page/explorer.css']

/** Every page and answer that a block and an address of it lead to. */
function pathsOf({ heights, addresses, hashes, miners }: Known): string[] {
  const name = encodeURIComponent(miners[0] ?? '')
  return [
    ...FILES,
    ...['network', 'blocks', 'search?q=PEG', 'asset/PEG', 'asset/pUSD'].map((path) => `${API}/${path}`),
    ...heights.slice(0, 12).map((height) => `${API}/block/${height}`),
    ...addresses.slice(0, 10).map((address) => `${API}/address/${address}`),
    ...hashes.slice(0, 10).map((hash) => `${API}/entry/${hash}`),
    ...miners.slice(0, 10).map((miner) => `${API}/miner/${encodeURIComponent(miner)}`),
    ...CHARTS.map((chart) => `${API}/series/${chart}?ticker=PEG`),
    ...MINERS.map((chart) => `${API}/series/${chart}?miner=${name}`),
  ]
}

/** One of all that may be asked: height, range, cursor, address and token are chosen anew. */
function anyPath({ heights, addresses, hashes, miners }: Known): string {
  const [one, other] = [oneOf(heights), oneOf(heights)].sort((a, b) => a - b) as [number, number]
  const range = `from=${one}&to=${other}&points=${1 + below(400)}`
  const miner = encodeURIComponent(oneOf(miners))
  const ticker = oneOf(['PEG', 'pUSD', 'pXBT', 'pETH', 'pEUR', 'pXAU', 'pJPY', 'pFCT'])
  return `${API}/${oneOf([
    () => `blocks?limit=${1 + below(100)}&before=${other}`,
    () => `block/${one}?limit=${1 + below(200)}`,
    () => `asset/${ticker}?${range}`,
    () => `address/${oneOf(addresses)}?height=${one}&limit=${1 + below(100)}`,
    () => `address/${oneOf(addresses)}?limit=${1 + below(100)}&before=${below(30_000)}-0`,
    () => `entry/${oneOf(hashes)}?limit=${1 + below(100)}`,
    () => `miner/${miner}?from=${one}&to=${other}&limit=${1 + below(50)}`,
    () => `search?q=${oneOf(hashes).slice(0, 8 + below(56))}`,
    () => `search?q=${oneOf(miners).slice(0, 40)}${below(1e6)}`,
    () => `series/${oneOf(CHARTS)}?ticker=${ticker}&${range}`,
    () => `series/${oneOf(MINERS)}?miner=${miner}&${range}`,
  ])()}`
}

const memoryOf = (pid: number): number =>
  Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024

const taken: number[] = []
const slowest = new Map<string, number>()
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
  for (let height = 0; height < 5;) ({ height } = await json<{ height: number }>(`${second}${API}/network`))
  const known = await Promise.all(origins.map(knownOf))
  const lists = known.map(pathsOf)
  const pathOf = (asked: number): string => {
    const k = asked % 2
    if (varied) return `${origins[k]}${anyPath(known[k] as Known)}`
    const list = lists[k] as string[]
    return `${origins[k]}${list[Math.floor(asked / 2) % list.length]}`
  }
  const pending: Promise<void>[] = []
  const peak = [0, 0]
  const begun = performance.now()
  for (let asked = 0; asked < seconds * rate; asked++) {
    const due = begun + (1000 * asked) / rate
    if (due > performance.now()) await new Promise((resolve) => setTimeout(resolve, due - performance.now()))
    const url = pathOf(asked)
    pending.push(
      get(url).then(
        ({ status, ms }) => {
          taken.push(ms)
          const kind = url
            .split(/[/?]/)
            .slice(6, url.includes('/series/') ? 8 : 7)
            .join(' ')
          slowest.set(kind, Math.max(slowest.get(kind) ?? 0, ms))
          if (status !== 200) failures.push(`${status} ${url}`)
        },
        (error: unknown) => void failures.push(`${String(error)} ${url}`),
      ),
    )
    if (asked % rate === 0) {
      ;[old, living].forEach(({ child }, k) => (peak[k] = Math.max(peak[k] ?? 0, memoryOf(child.pid ?? 0))))
      pending.push(
        json<{ behind: number }>(`${second}${API}/network`).then(
          (value) => void behind.push(value.behind),
          (error: unknown) => void failures.push(`${String(error)} network`),
        ),
      )
    }
  }
  await Promise.all(pending)
  const lasted = (performance.now() - begun) / 1000
  const sorted = taken.toSorted((a, b) => a - b)
  const at = (share: number): string => (sorted[Math.floor(share * (sorted.length - 1))] ?? 0).toFixed(1)
  console.log(`${taken.length} requests in ${lasted.toFixed(1)} s, ${failures.length} failed`)
  console.log(`half within ${at(0.5)} ms, 99 % within ${at(0.99)} ms, the slowest ${at(1)} ms`)
  for (const [kind, ms] of slowest) console.log(`  ${kind}: at most ${ms.toFixed(1)} ms`)
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
