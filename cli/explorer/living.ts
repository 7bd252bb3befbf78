/**
 * Development only: the network that `pegminer explorer --network dev` shows. A miner with rivals is a process of its
 * own; if one runs already for the data directory, that one is looked at.
 */
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

import { childEnvironment, endOfChild, isCoded } from '../../base/index.js'
import type { Origin, Settings } from '../../config/index.js'
import { fail } from '../program/errors.js'
import type { Resources } from '../program/resources.js'
import { runningDevNode } from '../network/dev-network.js'

const MAIN = fileURLToPath(new URL('../main.js', import.meta.url))
/** Short ones, so that the first visitor sees blocks come. */
const BLOCK_SECONDS = 10
/** With 25 records of the miner's own there are winners from the first block on. */
const RIVALS = 10
/** Until it is killed. */
const PATIENCE_MS = 20_000

export interface Living {
  /** The node of its chain. */
  readonly url: string
  /** Rejects if the miner fails; undefined: it is not ours. */
  readonly ended?: Promise<never>
}

type MapSettings = Pick<
  Settings,
  'lxrhash.bits' | 'lxrhash.dir' | 'network.blockSeconds' | 'network.activations'
>

export interface LivingParts {
  readonly signal: AbortSignal
  readonly settings: MapSettings
  readonly origins: Readonly<Record<keyof MapSettings, Origin>>
  readonly dataDir: string
  readonly resources: Resources
}

export async function openLiving({
  settings,
  origins,
  dataDir,
  resources,
  signal,
}: LivingParts): Promise<Living> {
  const given = origins['network.blockSeconds'] !== 'default'
  const blockSeconds = given ? settings['network.blockSeconds'] : BLOCK_SECONDS
  const found = await findRunning(dataDir)
  if (found !== null) return { url: found }
  const flags: readonly (readonly [name: string, value: string | number | undefined])[] = [
    ['--data-dir', dataDir],
    ['--block-seconds', blockSeconds],
    ['--rivals', RIVALS],
    ['--threads', 1],
    ['--bits', settings['lxrhash.bits']],
    [
      '--activations',
      settings['network.activations']?.map(([version, height]) => `${version}@${height}`).join(),
    ],
    ['--dir', settings['lxrhash.dir']],
    ['--metrics-port', 'off'],
  ]
  const words = flags.flatMap(([name, value]) => (value === undefined ? [] : [name, String(value)]))
  return startMiner(words, resources, signal)
}

async function findRunning(dataDir: string): Promise<string | null> {
  try {
    return await runningDevNode(dataDir)
  } catch (error) {
    if (isCoded(error) && error.code === 'E_CLI_DEV') return null
    throw error
  }
}

/** It ends when its output is read no more, so a kill of this process ends it too. */
async function startMiner(
  words: readonly string[],
  resources: Resources,
  signal: AbortSignal,
): Promise<Living> {
  const child = spawn(
    process.execPath,
    [...process.execArgv, MAIN, 'mine', '--network', 'dev', '--json', ...words],
    {
      env: childEnvironment(),
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  )
  let said = ''
  child.stderr.on('data', (chunk: Buffer) => (said = `${said}${chunk.toString()}`.slice(-2_000)))
  const gone = endOfChild(child)
  const interrupt = (): void => void child.kill('SIGINT')
  signal.addEventListener('abort', interrupt)
  resources.add(async () => {
    const timer = setTimeout(() => child.kill('SIGKILL'), PATIENCE_MS)
    interrupt()
    await gone
    clearTimeout(timer)
    signal.removeEventListener('abort', interrupt)
  })
  const ended = gone.then(() => {
    throw fail('E_CLI_DEV_MINER', `the miner of the embedded network has ended: ${said.trim()}`)
  })
  ended.catch(() => undefined)
  const started = new Promise<string>((resolve) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      const event = JSON.parse(line) as { readonly event?: string; readonly factomd?: string }
      if (event.event === 'start') resolve(event.factomd ?? '')
    })
  })
  return { url: await Promise.race([started, ended]), ended }
}
