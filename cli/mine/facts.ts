/** The first lines of `pegminer mine`: labels and values. */
import { homedir } from 'node:os'

import type { OpenByteMap } from '../../lxrhash/index.js'
import { versionOf } from '../program/version.js'
import { memoryNodes } from '../service/cpus.js'
import type { machineOf } from '../service/machine.js'
import { bytesText, durationText, plural, tilde } from '../view/format.js'
import type { MineParts } from './parts.js'
import type { MinePlan } from './plan.js'
import type { MineContext } from './reload.js'

export type FactLine = readonly [label: string, value: string]

export function programFacts(
  { cpu, cores, memory, freeMemory }: ReturnType<typeof machineOf>,
  config: string | undefined,
): FactLine[] {
  const nodes = memoryNodes()
  const program = `${versionOf()}, Node.js ${process.versions.node}, ${process.platform} ${process.arch}`
  return [
    ['pegminer', `${program}; times are UTC`],
    ['cpu', `${cpu}, ${cores} ${cores === 1 ? 'core' : 'cores'}`],
    ['memory', `${bytesText(memory)}, ${bytesText(freeMemory)} free`],
    ...whereTrue(nodes > 1, [
      '',
      `on ${nodes} nodes: numactl --interleave=all pegminer … spreads the ByteMap over them`,
    ]),
    ...whereTrue(config !== undefined, ['settings', config ?? '']),
  ]
}

export function mapFacts(map: OpenByteMap): FactLine[] {
  return [
    ['bytemap', mapText(map)],
    ['', tilde(map.file, homedir())],
    ['', pagesText(map)],
    ['kernel', kernelText(map)],
  ]
}

const whereTrue = (holds: boolean, fact: FactLine): FactLine[] => (holds ? [fact] : [])

/** Above this much, ms, it is said how much of the opening was the system's. */
const MUCH_SYSTEM_TIME = 100

/** Memory that a virtual machine has not had before shows as system time (docs/operating.md#how-fast-is-it). */
function mapText({ params, origin, milliseconds, systemMilliseconds }: OpenByteMap): string {
  const size = `2^${params.bits} bytes (${bytesText(2 ** params.bits)})`
  if (origin === 'built') return `${size}, built in ${durationText(milliseconds)}`
  const ofSystem =
    systemMilliseconds < MUCH_SYSTEM_TIME ? '' : ` with ${durationText(systemMilliseconds)} of system time`
  return `${size}, opened and checked in ${durationText(milliseconds)}${ofSystem}`
}

export function threadsText({
  threads,
  cpus,
  nice,
}: {
  threads: number
  cpus: readonly number[]
  nice: number
}) {
  const bound = cpus.slice(0, threads).join(' ')
  return [
    String(threads),
    ...(cpus.length === 0
      ? []
      : [`bound to processor${cpus.length === 1 || threads === 1 ? '' : 's'} ${bound}`]),
    ...(nice === 0 ? [] : [`nice ${nice}`]),
  ].join(', ')
}

function kernelText({ chosen: { kernel, why } }: OpenByteMap): string {
  return `${kernel === 'simd' ? 'SIMD' : kernel}: ${why}`
}

/** `huge pages 100 %`, or how many and why not more. */
function pagesText({ pages: { share, reason, fix } }: OpenByteMap): string {
  const why = reason === undefined ? '' : `: ${reason}`
  return `huge pages ${Math.round(share * 100)} %${why}${fix === undefined ? '' : `; to change that: ${fix}`}`
}

export function networkFacts(
  { settings }: MineContext,
  plan: MinePlan,
  { around, client, prices }: Pick<MineParts, 'around' | 'client' | 'prices'>,
): FactLine[] {
  const { network, identity, coinbase, records, dataDir } = plan
  const dev = network.name === 'dev'
  const pace = dev ? `, blocks of ${settings['network.blockSeconds']} s` : ''
  const others = dev ? 0 : settings['factom.url'].length - 1
  const spare = others === 0 ? '' : `, ${plural(others, 'other node')} to fall back on`
  const rivals = dev && settings['network.rivals'] > 0 ? `, ${settings['network.rivals']} rivals` : ''
  return [
    ['network', `${network.name}${pace}${rivals}, factomd at ${client.url}${spare}`],
    ['identity', `${identity}, machine ${settings['miner.machineId']}, up to ${records} records a block`],
    ['coinbase', coinbase],
    [
      'paid by',
      `${around.key.address}${dev ? ' (a public test key)' : ''}${settings['miner.dryRun'] ? '; a dry run: nothing is sent' : ''}`,
    ],
    ['prices', prices.sourceNames.join(' ')],
    ...whereTrue(around.exchange !== undefined, ['', `all at the embedded exchange, ${around.exchange}`]),
    ...whereTrue(around.control !== undefined && settings['network.manual'], [
      'minutes',
      `end by advance-minute at ${around.control?.url}, token ${around.control?.token}`,
    ]),
    ['state', tilde(dataDir, homedir())],
  ]
}
