/** Sensors of the machine. Null: it has none of this kind. Nothing here throws. */
import { readdir, readFile, statfs } from 'node:fs/promises'
import { cpus } from 'node:os'
import { dirname, join } from 'node:path'

export interface Sensors {
  /** Of the processor, °C. */
  temperature(): Promise<number | null>
  onBattery(): Promise<boolean | null>
  /** Bytes that are free for us on the disk of a folder. */
  freeBytes(folder: string): Promise<number | null>
  /** How much of the processors other programs use, 0 to 1, since the last call; null at the first. */
  othersShare(): number | null
}

/** Drivers whose temperatures are those of the processor. */
const CPU_DRIVERS = /^(coretemp|k8temp|k10temp|zenpower|cpu_thermal|cpu.*|soc.*)$/
/** Zones of the processor, where no driver tells. */
const CPU_ZONES = /^(x86_pkg_temp|cpu.*|soc.*|tcpu)$/i
/** A value outside of these comes from a sensor that is not connected. */
const PLAUSIBLE = { above: -40, below: 150 }

export function createSensors(sys = '/sys'): Sensors {
  return {
    temperature: async () => (await fromDrivers(sys)) ?? (await fromZones(sys)),
    onBattery: () => fromSupplies(sys),
    freeBytes,
    othersShare: createShare(),
  }
}

/** A folder that is yet to be made will be where its parent is. */
async function freeBytes(folder: string): Promise<number | null> {
  try {
    const { bavail, bsize } = await statfs(folder)
    return bavail * bsize
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT'
    return missing && dirname(folder) !== folder ? freeBytes(dirname(folder)) : null
  }
}

async function fromDrivers(sys: string): Promise<number | null> {
  const root = join(sys, 'class/hwmon')
  const found = await Promise.all(
    (await list(root)).map(async (name) => {
      const folder = join(root, name)
      if (!CPU_DRIVERS.test((await text(join(folder, 'name'))) ?? '')) return []
      const inputs = (await list(folder)).filter((file) => /^temp\d+_input$/.test(file))
      return Promise.all(inputs.map((file) => degrees(join(folder, file))))
    }),
  )
  return hottest(found.flat())
}

/** Of the processor; where no zone is called so, of any zone. */
async function fromZones(sys: string): Promise<number | null> {
  const root = join(sys, 'class/thermal')
  const zones = await Promise.all(
    (await list(root))
      .filter((name) => name.startsWith('thermal_zone'))
      .map(async (name) => ({
        type: (await text(join(root, name, 'type'))) ?? '',
        value: await degrees(join(root, name, 'temp')),
      })),
  )
  const own = zones.filter(({ type }) => CPU_ZONES.test(type))
  return hottest((own.length > 0 ? own : zones).map(({ value }) => value))
}

function hottest(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null)
  return known.length === 0 ? null : Math.max(...known)
}

/** A battery that discharges while no mains is on line. A machine without a battery is not on one. */
async function fromSupplies(sys: string): Promise<boolean | null> {
  const root = join(sys, 'class/power_supply')
  const names = await readdir(root).catch(() => null)
  if (names === null) return null
  const supplies = await Promise.all(
    names.map(async (name) => {
      const of = (file: string): Promise<string | null> => text(join(root, name, file))
      const [type, status, online, scope] = await Promise.all([
        of('type'),
        of('status'),
        of('online'),
        of('scope'),
      ])
      return { type, status, online, scope }
    }),
  )
  const plugged = supplies.some(({ type, online }) => type !== 'Battery' && online === '1')
  const draining = supplies.some(
    // Mice and keyboards have batteries too.
    ({ type, status, scope }) => type === 'Battery' && scope !== 'Device' && status === 'Discharging',
  )
  return draining && !plugged
}

async function degrees(file: string): Promise<number | null> {
  const value = Number((await text(file)) ?? NaN) / 1000
  return value > PLAUSIBLE.above && value < PLAUSIBLE.below ? value : null
}

async function list(folder: string): Promise<string[]> {
  return await readdir(folder).catch(() => [])
}

async function text(file: string): Promise<string | null> {
  return await readFile(file, 'utf8').then(
    (found) => found.trim(),
    () => null,
  )
}

/** Times that only grow, ms: of all processors together, of them not idle, and of this process with all its threads. */
export interface ProcessorTimes {
  readonly all: number
  readonly busy: number
  readonly own: number
}

function timesNow(): ProcessorTimes {
  const each = cpus().map(({ times }) => times)
  const busy = each.reduce((sum, { user, nice, sys, irq }) => sum + user + nice + sys + irq, 0)
  const { user, system } = process.cpuUsage()
  return { all: busy + each.reduce((sum, { idle }) => sum + idle, 0), busy, own: (user + system) / 1000 }
}

/** The share that others use between two looks; not quite exact, since processor times tick in 10 ms. */
export function createShare(now: () => ProcessorTimes = timesNow): () => number | null {
  let last: ProcessorTimes | null = null
  return () => {
    const before = last
    last = now()
    if (before === null) return null
    const all = last.all - before.all
    if (!(all > 0)) return null
    const others = last.busy - before.busy - (last.own - before.own)
    return Math.min(1, Math.max(0, others / all))
  }
}
