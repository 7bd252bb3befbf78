/**
 * Whether there is memory for a ByteMap. Memory that is promised and not there shows only when it is filled: the
 * system then kills the process without a word, so it is looked up before.
 */
import { controlGroups, readText, type ReadText } from './control-groups.js'
import { fail } from '../program/errors.js'
import { bytesText } from '../view/format.js'

/** All in bytes. */
interface Limit {
  readonly most: number
  /** What all processes under the limit hold now, without what the system can drop. */
  readonly used: number
  /** How much of it may be swapped out. */
  readonly swap: number
}

export interface MemoryNeed {
  /** The ByteMap, bytes. */
  readonly map: number
  /** What the program will take besides. */
  readonly beside: number
}

export interface MemoryVerdict {
  /** It would be killed. */
  readonly refusal?: string
  /** It may be, or it would be slow. */
  readonly warning?: string
}

const MIB = 2 ** 20
/** Beside the map: a command that only hashes, and a miner with its prices and page. */
export const BESIDE = { hashing: 64 * MIB, mining: 300 * MIB } as const

export function judgeMemory({ map, beside }: MemoryNeed, read: ReadText = readText): MemoryVerdict {
  const need = map + beside
  const what = `a ByteMap of ${bytesText(map)} and ${bytesText(beside)} beside it`
  const tightest = tightestLimit(read)
  if (tightest !== undefined && roomOf(tightest) < need) {
    const enough = Math.ceil((tightest.used + need) / (64 * MIB)) * 64 * MIB
    const facts =
      `the memory limit of this container or service is ${bytesText(tightest.most)}, of which ` +
      `${bytesText(tightest.used)} are taken`
    const why = `${what} do not fit: ${facts}; a limit of ${bytesText(enough)} would do`
    if (roomOf(tightest) + tightest.swap < need)
      return { refusal: why + smallerText(roomOf(tightest) - beside) }
    return { warning: `${why}, without it swapping makes hashing slow` }
  }
  const info = read('/proc/meminfo') ?? ''
  const [available, swap] = [amountOf(info, 'MemAvailable'), amountOf(info, 'SwapFree') ?? 0]
  if (available === undefined || available >= need) return {}
  const end = available + swap < need ? 'the system may end this program' : 'swapping makes hashing slow'
  return { warning: `${what} do not fit into the ${bytesText(available)} that are free: ${end}` }
}

/** Throws `E_CLI_MEMORY` instead of letting the program be killed later; what is uncertain goes to `warn`. */
export function requireMemory(
  need: MemoryNeed,
  warn: (text: string) => void,
  read: ReadText = readText,
): void {
  const { refusal, warning } = judgeMemory(need, read)
  if (refusal !== undefined) throw fail('E_CLI_MEMORY', refusal)
  if (warning !== undefined) warn(warning)
}

/** What the limits of container and service leave now; Infinity without one. */
export function memoryRoom(read: ReadText = readText): number {
  const limit = tightestLimit(read)
  return limit === undefined ? Infinity : roomOf(limit)
}

function tightestLimit(read: ReadText): Limit | undefined {
  return limitsOf(read).reduce<Limit | undefined>(
    (least, limit) => (least === undefined || roomOf(limit) < roomOf(least) ? limit : least),
    undefined,
  )
}

const roomOf = ({ most, used }: Limit): number => Math.max(0, most - used)

/** The largest map that fits; only networks of one's own may have another than theirs. */
function smallerText(room: number): string {
  const bits = Math.floor(Math.log2(Math.max(1, room)))
  return bits < 20 ? '' : `; for a network of your own, --bits ${bits} fits`
}

function limitsOf(read: ReadText): Limit[] {
  const swapFree = amountOf(read('/proc/meminfo') ?? '', 'SwapFree') ?? 0
  return controlGroups('memory', read).flatMap(({ version, folder }) => {
    const file = (name: string): string => read(`${folder}/${name}`) ?? ''
    const number = (name: string): number => (file(name).trim() === '' ? NaN : Number(file(name)))
    const [most, current] =
      version === 2
        ? [number('memory.max'), number('memory.current')]
        : [number('memory.limit_in_bytes'), number('memory.usage_in_bytes')]
    // "max" is no number; version 1 writes a number larger than any memory.
    if (!(most > 0 && most < 2 ** 60)) return []
    const stat = file('memory.stat')
    const prefix = version === 2 ? '' : 'total_'
    const cache =
      (countOf(stat, `${prefix}inactive_file`) ?? 0) + (countOf(stat, `${prefix}active_file`) ?? 0)
    const used = Math.max(0, (Number.isNaN(current) ? 0 : current) - cache)
    return [{ most, used, swap: Math.min(swapFree, version === 2 ? swapOf(number, file) : swapFree) }]
  })
}

function swapOf(number: (name: string) => number, file: (name: string) => string): number {
  if (file('memory.swap.max').trim() === 'max') return Infinity
  const most = number('memory.swap.max')
  return Number.isNaN(most) ? 0 : Math.max(0, most - (number('memory.swap.current') || 0))
}

/** `MemAvailable:   123 kB` in bytes. */
function amountOf(text: string, name: string): number | undefined {
  const found = new RegExp(`^${name}:\\s*(\\d+) kB$`, 'm').exec(text)?.[1]
  return found === undefined ? undefined : Number(found) * 1024
}

/** `inactive_file 123`. */
function countOf(text: string, name: string): number | undefined {
  const found = new RegExp(`^${name} (\\d+)$`, 'm').exec(text)?.[1]
  return found === undefined ? undefined : Number(found)
}
