/**
 * The load of a farm on this machine: a nats-server, a coordinator, and many machines in a few processes, each with a
 * connection of its own, that use up counters and send hits as true ones do, but hash nothing.
 */
import { sleep } from '../../base/index.js'
import { startFarmServer } from '../../miner/farm/index.js'
import { fail } from '../errors.js'
import { childOf, startAsked, usageOf, type Asked } from './asked.js'
import { sharedMs, type Usage } from './messages.js'

export interface FarmLoadOptions {
  readonly machines: number
  /** Records that are told to all, one after the other. */
  readonly records: number
  /** How long it is looked at while nothing happens but leases. */
  readonly quietSeconds: number
  readonly signal: AbortSignal
  readonly onStep: (text: string) => void
}

export interface Phase {
  readonly coordinator: Usage
  /** Null where the system does not tell. */
  readonly server: Usage | null
}

export interface FarmLoad {
  readonly machines: number
  readonly processes: number
  /** From a record's assignment until a machine hashes it, ms: of all machines and records. */
  readonly fanOut: ReturnType<typeof spreadOf>
  /** Until the last machine hashes it, ms: of all records. */
  readonly last: ReturnType<typeof spreadOf>
  /** Machines that did not begin a record within ten seconds. */
  readonly late: number
  readonly hits: { readonly count: number; readonly seconds: number; readonly perSecond: number }
  readonly phases: { readonly records: Phase; readonly hits: Phase; readonly quiet: Phase }
}

const A_PROCESS = 250
/** Of each machine, all at once: some more than the best that it finds of a record. */
const HITS = 50
const LOOK_MS = 20
const JOIN_MS = 120_000
const BEGIN_MS = 10_000
const HITS_MS = 120_000
/** Between two records: each machine has asked once, so it has counters of the next one, as it has after ten minutes. */
const REST_MS = 2_500

/** Throws E_FARM_NO_SERVER, E_FARM_SERVER, E_BENCH_FARM. */
export async function runFarmLoad(options: FarmLoadOptions): Promise<FarmLoad> {
  const { machines, signal, onStep } = options
  const server = await startFarmServer()
  const started: Asked[] = []
  const start = async (name: string, access: Parameters<typeof startAsked>[1]): Promise<Asked> => {
    const asked = await startAsked(new URL(`./${name}-process.js`, import.meta.url), access)
    started.push(asked)
    return asked
  }
  try {
    const { url } = server
    const coordinator = await start('coordinator', {
      url,
      credential: server.coordinator,
      machines: 0,
      first: 0,
    })
    const processes: Asked[] = []
    for (let first = 0; first < machines; first += A_PROCESS) {
      signal.throwIfAborted()
      const count = Math.min(A_PROCESS, machines - first)
      processes.push(await start('machines', { url, credential: server.worker, machines: count, first }))
      onStep(`${first + count} of ${machines} machines are connected`)
    }
    return await measure(options, { coordinator, processes, serverPid: childOf(server.pid ?? 0) })
  } finally {
    await Promise.all(started.map((asked) => asked.close()))
    await server.close()
  }
}

interface Farm {
  readonly coordinator: Asked
  readonly processes: readonly Asked[]
  readonly serverPid: number
}

async function measure(options: FarmLoadOptions, farm: Farm): Promise<FarmLoad> {
  const { machines, signal, onStep } = options
  const { coordinator, processes } = farm
  const serverUsage = usageOf(farm.serverPid)
  const phase = async (): Promise<Phase> => ({
    coordinator: await coordinator.ask({ ask: 'usage' }),
    server: serverUsage(),
  })
  await until(async () => (await coordinator.ask({ ask: 'here' })) === machines, {
    ...{ signal, mostMs: JOIN_MS, what: 'not all machines have joined' },
  })
  await phase()
  const delays: number[][] = []
  for (let height = 1; height <= options.records; height++) {
    delays.push(await tell(farm, height, options))
    onStep(
      `record ${height} of ${options.records}: the last machine began after ${Math.round(Math.max(...(delays.at(-1) ?? [])))} ms`,
    )
    await sleep(REST_MS, signal)
  }
  const records = await phase()
  const before = await coordinator.ask({ ask: 'looked' })
  const begunMs = sharedMs()
  const sent = await Promise.all(processes.map((one) => one.ask({ ask: 'send', count: HITS })))
  const count = sum(sent)
  onStep(`${count} hits are on their way`)
  await until(async () => (await coordinator.ask({ ask: 'looked' })) - before >= count, {
    ...{ signal, mostMs: HITS_MS, what: 'not all hits were looked at' },
  })
  const seconds = (sharedMs() - begunMs) / 1000
  const hits = await phase()
  onStep(
    `they were looked at after ${seconds.toFixed(1)} s; nothing but leases for ${options.quietSeconds} s`,
  )
  await sleep(options.quietSeconds * 1000, signal)
  const quiet = await phase()
  await coordinator.ask({ ask: 'collect' })
  const all = delays.flat()
  return {
    machines,
    processes: processes.length,
    fanOut: spreadOf(all),
    last: spreadOf(delays.map((of) => Math.max(...of))),
    late: machines * options.records - all.length,
    hits: { count, seconds, perSecond: count / seconds },
    phases: { records, hits, quiet },
  }
}

/** Assigns a record, and returns after how many ms each machine hashed it. */
async function tell(
  { coordinator, processes }: Farm,
  height: number,
  { machines, signal }: Pick<FarmLoadOptions, 'machines' | 'signal'>,
): Promise<number[]> {
  const assignedMs = await coordinator.ask({ ask: 'assign', height })
  let begun: readonly number[] = []
  const endMs = sharedMs() + BEGIN_MS
  do {
    await sleep(LOOK_MS * 5, signal)
    begun = (await Promise.all(processes.map((one) => one.ask({ ask: 'begun', height })))).flat()
  } while (begun.length < machines && sharedMs() < endMs)
  return begun.map((atMs) => atMs - assignedMs)
}

interface Waiting {
  readonly signal: AbortSignal
  readonly mostMs: number
  readonly what: string
}

async function until(holds: () => Promise<boolean>, { signal, mostMs, what }: Waiting): Promise<void> {
  const endMs = sharedMs() + mostMs
  while (!(await holds())) {
    signal.throwIfAborted()
    if (sharedMs() > endMs) throw fail('E_BENCH_FARM', `${what} within ${mostMs / 1000} s`)
    await sleep(LOOK_MS, signal)
  }
}

function spreadOf(values: readonly number[]) {
  const sorted = values.toSorted((a, b) => a - b)
  const at = (share: number): number => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0
  return { p50: at(0.5), p99: at(0.99), most: at(1), samples: sorted.length }
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)
