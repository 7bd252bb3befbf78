/**
 * Asks an explorer of the recorded history for 300 pages and answers a second for a minute, each another one, so that
 * nothing that was kept can answer it. Meanwhile a second explorer follows a network with a miner on the same machine,
 * and is asked as well, 30 times a second. Tells how long answers took, what the programs needed, and whether blocks
 * were followed on time; fails if a request did, or a block was late.
 *
 *   npm run test:explorer-load [-- SECONDS [REQUESTS]]
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { Agent, request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'

import { RECORDED } from '../ledger/fixtures/recorded-chain.js'
import { API, kindOf, knownOf, questionsOf } from './fixtures/explorer-questions.js'
import { start, type Running } from './fixtures/program.js'
import { until } from './fixtures/until.js'

const [seconds = 60, rate = 300] = process.argv.slice(2).map(Number)
/** Each asks for itself, as behind a proxy: one client alone would be refused. */
const VISITORS = 250
/** The followed network is asked so many times less often. */
const FEWER = 10
const FIRST_BLOCKS = 5
/** Asked before it is measured: the first answers of a program take several times as long as later ones. */
const FIRST_QUESTIONS = 1_000
/** Until a program that was told to end is killed. */
const PATIENCE_MS = 30_000

const folder = mkdtempSync(join(tmpdir(), 'explorer-load-'))
const agent = new Agent({ keepAlive: true, maxSockets: 256 })

interface Got {
  readonly status: number
  readonly ms: number
  readonly body: string
}

/** Rejects if there is no reply. */
function get(url: string, visitor = 0): Promise<Got> {
  const begun = performance.now()
  const headers = { 'x-forwarded-for': `10.0.0.${visitor}` }
  return new Promise((resolve, reject) => {
    request(url, { agent, headers }, (response) => {
      const parts: Buffer[] = []
      response.on('data', (part: Buffer) => parts.push(part))
      response.on('error', reject)
      response.on('end', () => {
        const ms = performance.now() - begun
        resolve({ status: response.statusCode ?? 0, ms, body: Buffer.concat(parts).toString() })
      })
    })
      .on('error', reject)
      .end()
  })
}

const jsonFrom =
  (origin: string) =>
  async <T>(path: string): Promise<T> =>
    JSON.parse((await get(`${origin}${path}`)).body) as T

class Asked {
  readonly name: string
  readonly running: Running
  readonly #taken: number[] = []
  readonly #slowest = new Map<string, number>()
  readonly failures: string[] = []
  #memory = 0
  /** Of the processor, s. */
  #begun = 0
  #used = 0
  origin = ''
  question = (): string => ''

  constructor(name: string, words: readonly string[]) {
    this.name = name
    const where = ['--data-dir', join(folder, name), '--metrics-port', '0', '--json']
    this.running = start(['explorer', ...words, ...where])
  }

  async prepare(): Promise<void> {
    this.origin = new URL((await this.running.event('explorer.serving'))['url'] as string).origin
    // On a busy machine some blocks of a network that has just begun have too few records for winners.
    const known = await until(async () => {
      const found = await knownOf(jsonFrom(this.origin))
      const enough =
        found.heights.length >= FIRST_BLOCKS && found.hashes.length > 0 && found.miners.length > 0
      return enough ? found : null
    }, 500)
    this.question = questionsOf(known, this.name)
    for (let asked = 0; asked < FIRST_QUESTIONS; asked++)
      await get(`${this.origin}${this.question()}`, asked % VISITORS)
    this.#begun = this.#usedNow()
  }

  #usedNow(): number {
    const fields =
      readFileSync(`/proc/${this.running.child.pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
    return (Number(fields[11]) + Number(fields[12])) / 100
  }

  network(): Promise<{ readonly height: number; readonly behind: number | null }> {
    return jsonFrom(this.origin)(`${API}/network`)
  }

  /** Never rejects. */
  async ask(visitor: number): Promise<void> {
    let path = ''
    try {
      path = this.question()
      const { status, ms } = await get(`${this.origin}${path}`, visitor)
      this.#taken.push(ms)
      const kind = kindOf(path)
      this.#slowest.set(kind, Math.max(this.#slowest.get(kind) ?? 0, ms))
      if (status !== 200) this.failures.push(`${status} ${path}`)
    } catch (error) {
      this.failures.push(`${String(error)} ${path}`)
    }
  }

  look(): void {
    const status = readFileSync(`/proc/${this.running.child.pid}/status`, 'utf8')
    this.#memory = Math.max(this.#memory, Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024)
    this.#used = this.#usedNow() - this.#begun
  }

  tell(): void {
    const sorted = this.#taken.toSorted((a, b) => a - b)
    const at = (share: number): string => (sorted[Math.floor(share * (sorted.length - 1))] ?? 0).toFixed(1)
    console.log(`${this.name}: ${sorted.length} requests, ${this.failures.length} failed`)
    console.log(`  half within ${at(0.5)} ms, 99 % within ${at(0.99)} ms, the slowest ${at(1)} ms`)
    const kinds = [...this.#slowest].sort(([, a], [, b]) => b - a)
    console.log(`  by kind: ${kinds.map(([kind, ms]) => `${kind} ${ms.toFixed(0)}`).join(', ')} ms`)
    const each = (1000 * this.#used) / sorted.length
    console.log(`  memory at most: ${this.#memory.toFixed(0)} MiB; processor ${each.toFixed(2)} ms a request`)
    for (const failure of this.failures.slice(0, 10)) console.log(`  ${failure}`)
  }

  async end(): Promise<void> {
    this.running.child.kill('SIGINT')
    const ended = new AbortController()
    const late = wait(PATIENCE_MS, undefined, { signal: ended.signal }).then(
      () => this.running.kill(),
      () => undefined,
    )
    await this.running.ended
    ended.abort()
    await late
  }
}

/** Answers with the most blocks that the followed one was behind, and how many came. */
async function load(recorded: Asked, followed: Asked): Promise<{ behind: number; came: number }> {
  const pending: Promise<void>[] = []
  const { height: first } = await followed.network()
  let [last, behind] = [first, 0]
  const lookAtBlocks = async (): Promise<void> => {
    try {
      const network = await followed.network()
      last = Math.max(last, network.height)
      behind = Math.max(behind, network.behind ?? Infinity)
    } catch (error) {
      followed.failures.push(`${String(error)} network`)
    }
  }
  const begun = performance.now()
  for (let asked = 0; asked < seconds * rate; asked++) {
    const due = begun + (1000 * asked) / rate
    if (due > performance.now()) await wait(due - performance.now())
    pending.push(recorded.ask(asked % VISITORS))
    if (asked % FEWER === 0) pending.push(followed.ask(asked % VISITORS))
    if (asked % rate !== 0) continue
    for (const one of [recorded, followed]) one.look()
    pending.push(lookAtBlocks())
  }
  await Promise.all(pending)
  for (const one of [recorded, followed]) one.look()
  console.log(`asked for ${((performance.now() - begun) / 1000).toFixed(1)} s`)
  return { behind, came: last - first }
}

const recorded = new Asked('recorded', ['--from-file', RECORDED, '--trust-claims', '--bits', '16'])
const followed = new Asked('followed', ['--network', 'dev', '--bits', '12'])
const all = [recorded, followed]
/** An error that is not caught ends the programs that were started as well. */
process.once('exit', () => all.forEach(({ running }) => running.child.kill('SIGKILL')))
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => all.forEach(({ running }) => running.child.kill('SIGINT')))
try {
  await Promise.all(all.map((one) => one.prepare()))
  const { behind, came } = await load(recorded, followed)
  for (const one of all) one.tell()
  console.log(`${came} blocks were followed, at most ${behind} behind`)
  const failed = all.some(({ failures }) => failures.length > 0)
  process.exitCode = failed || behind > 1 ? 1 : 0
} finally {
  await Promise.all(all.map((one) => one.end()))
  agent.destroy()
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
}
