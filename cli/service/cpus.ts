/** Which processors this process may use, and how much of them. Linux only; elsewhere nothing limits. */
import { problem, problemsError, type CpuChoice } from '../../config/index.js'
import { controlGroups, readText, type ReadText } from './control-groups.js'

/**
 * What the control groups of this process and their parents allow, as whole processors, at least 1; Infinity without
 * a limit. Node.js does not look at it: 64 threads in a container of 2 processors would be throttled.
 */
export function quotaCores(read: ReadText = readText): number {
  const limits = controlGroups('cpu', read).map(({ version, folder }) =>
    version === 2 ? quota2(folder, read) : quota1(folder, read),
  )
  return Math.max(1, Math.floor(Math.min(Infinity, ...limits)))
}

/** `cpu.max`: `QUOTA PERIOD` in microseconds, or `max PERIOD`. */
function quota2(folder: string, read: ReadText): number {
  const [quota = '', period = ''] = (read(`${folder}/cpu.max`) ?? '').trim().split(' ')
  return coresOf(quota, period)
}

/** A quota of -1 means that there is no limit. */
function quota1(folder: string, read: ReadText): number {
  return coresOf(read(`${folder}/cpu.cfs_quota_us`) ?? '', read(`${folder}/cpu.cfs_period_us`) ?? '')
}

function coresOf(quota: string, period: string): number {
  const cores = Number(quota) / Number(period)
  return Number.isFinite(cores) && cores > 0 ? cores : Infinity
}

/**
 * The numbers of the processors that this process may use, first one of each core, then the cores' second threads:
 * two threads on one core share its caches. Empty if the system does not tell.
 */
export function ownCpus(read: ReadText = readText): number[] {
  const list = /^Cpus_allowed_list:\s*(\S+)/m.exec(read('/proc/self/status') ?? '')?.[1]
  const cpus = cpuList(list ?? '')
  const rank = new Map(cpus.map((cpu) => [cpu, siblingsOf(cpu, read).indexOf(cpu)]))
  return cpus.sort((one, two) => (rank.get(one) ?? 0) - (rank.get(two) ?? 0) || one - two)
}

/** How many memory nodes hold the machine's memory; 1 if the system does not tell. */
export function memoryNodes(read: ReadText = readText): number {
  return Math.max(1, cpuList(read('/sys/devices/system/node/has_memory')?.trim() ?? '').length)
}

/**
 * The processors to bind threads to; none: the system decides. Throws one error with all that this process may not
 * use (`problemsError`).
 */
export function chosenCpus(choice: CpuChoice, own: readonly number[]): readonly number[] {
  if (choice === 'off') return []
  if (choice === 'auto') return own
  const strange = own.length === 0 ? [] : choice.filter((cpu) => !own.includes(cpu))
  if (strange.length === 0) return choice
  const may = [...own].sort((one, two) => one - two).join(' ')
  throw problemsError(
    strange.map((cpu) =>
      problem('E_CONFIG_VALUE', `--affinity names processor ${cpu}; this process may use ${may}`),
    ),
  )
}

function siblingsOf(cpu: number, read: ReadText): number[] {
  return cpuList(read(`/sys/devices/system/cpu/cpu${cpu}/topology/thread_siblings_list`)?.trim() ?? '')
}

/** `0-3,8` → 0 1 2 3 8; what is not of that form is left out. */
function cpuList(text: string): number[] {
  return text.split(',').flatMap((part) => {
    const [, from, to] = /^(\d{1,4})(?:-(\d{1,4}))?$/.exec(part) ?? []
    if (from === undefined) return []
    const count = Number(to ?? from) - Number(from) + 1
    return Array.from({ length: Math.max(0, count) }, (_, k) => Number(from) + k)
  })
}
