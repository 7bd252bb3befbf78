/** `pegminer config init`: writes an annotated `pegminer.yaml`, asks what it must know if it runs in a terminal. */
import { openSync, closeSync, writeSync, existsSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

import { networkOf } from '../../pegnet/index.js'
import {
  CONFIG_NAME,
  exampleConfig,
  mistake,
  pathType,
  SETTING_KEYS,
  settingOf,
  shown,
  type SettingKey,
} from '../../config/index.js'
import type { ConfigContext } from './context.js'
import { EXIT } from '../program/context.js'
import { isUsedOn } from '../mine/plan.js'
import { wrap } from '../view/format.js'
import { widthOf } from '../program/output.js'

/** Settings of single runs: they make no sense in a file that stays. */
const NOT_IN_EXAMPLE =
  /^(bench|config|grade|output)\.|^lxrhash\.(seed|passes|hashBits|force)$|^(miner|feed)\.blocks$|^feed\.(once|dryRun)$|^prices\.(watch|only|recordVersion|keep)$|^network\.(manual|trouble)$/

export const exampleKeys = (network: string): readonly SettingKey[] => {
  const { name } = networkOf(network)
  return SETTING_KEYS.filter((key) => !NOT_IN_EXAMPLE.test(key) && isUsedOn(key, name))
}

/** Settings without a default that a network needs. */
const ASKED = ['factom.url', 'miner.identity', 'miner.coinbase', 'miner.ecSecret', 'miner.threads'] as const

export async function configInit(context: ConfigContext): Promise<number> {
  const { positionals, settings, origins, output } = context
  const name = positionals[1] ?? CONFIG_NAME
  if (existsSync(name)) throw exists(name)
  const wizard = createWizard(context, dirname(resolve(name)))
  const values: Record<string, string> & { 'network.name': string } = { 'network.name': 'dev' }
  try {
    const network =
      origins['network.name'] === 'default'
        ? ((await wizard?.ask('network.name')) ?? settings['network.name'])
        : settings['network.name']
    values['network.name'] = network
    const asked = network.toLowerCase() === 'dev' ? (['miner.threads'] as const) : ASKED
    for (const key of asked) {
      const file = settingOf(key).secret ? `${key}File` : key
      const answer = await wizard?.ask(key)
      if (answer !== undefined) values[file] = answer
      else if (key !== 'miner.threads' && key !== 'factom.url') values[file] = ''
    }
  } finally {
    wizard?.close()
  }
  write(name, exampleConfig({ keys: exampleKeys(values['network.name']), values, head: headOf(name) }))
  output.event({ event: 'config', file: name, network: values['network.name'] })
  output.line(
    `${name} written; pegminer config check${name === CONFIG_NAME ? '' : ` --config ${name}`} tells what it lacks`,
  )
  return EXIT.done
}

const exists = (name: string): Error =>
  mistake('E_CONFIG_EXISTS', `${shown(name)} is there already; it is left as it is`)

function headOf(name: string): string[] {
  // Beside the sources it lies two folders above this file, three above it when built.
  const schema = ['../../docs/pegminer.schema.json', '../../../docs/pegminer.schema.json']
    .map((place) => fileURLToPath(new URL(place, import.meta.url)))
    .find((place) => existsSync(place))
  return [
    ...(schema === undefined ? [] : [`yaml-language-server: $schema=${schema}`]),
    'Settings of pegminer. A flag beats a variable (PEGMINER_MINER_THREADS), a',
    'variable this file. What is wrong with it, and what counts, is said by',
    `  pegminer config check --config ${name}`,
    `  pegminer config show --config ${name}`,
    'Relative paths count from the folder of this file.',
  ]
}

/** The user may add a secret later, so no other user may read the file. An existing file is never overwritten. */
function write(name: string, text: string): void {
  let file: number
  try {
    file = openSync(name, 'wx', 0o600)
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    if (code === 'EEXIST') throw exists(name)
    throw mistake('E_CONFIG_FILE', `${shown(name)} cannot be written: ${message}`)
  }
  try {
    writeSync(file, text)
  } finally {
    closeSync(file)
  }
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1)

interface Wizard {
  /** The answer as it was typed, or undefined for none. */
  ask(key: SettingKey): Promise<string | undefined>
  close(): void
}

/**
 * Questions on a terminal; without one, or where a program reads the output, nothing is asked. Paths count from
 * `folder`.
 */
function createWizard(
  { stdin, stdout, stderr, output, signal }: ConfigContext,
  folder: string,
): Wizard | undefined {
  if (output.json || (stdin as { isTTY?: boolean }).isTTY !== true) return undefined
  // Lines are taken from a queue, so that what the user types ahead is not lost.
  const reader = createInterface({ input: stdin, terminal: false, signal })
  const lines = reader[Symbol.asyncIterator]()
  const say = (text: string): void => void stderr.write(text)
  const isThere = (file: string): boolean => existsSync(pathType.parse(file, folder) ?? '')
  const sayLines = (text: string): void => say(`${wrap(text, widthOf(stdout)).join('\n')}\n`)
  say('Enter alone takes what stands in brackets, or leaves it open.\n')
  return {
    ask: async (key) => {
      const { description, default: fallback, defaultText, type, secret } = settingOf(key)
      const usual = defaultText ?? (fallback === undefined ? '' : `${fallback as string | number}`)
      // Brackets hold what Enter alone gives; "a test address on dev, else required" is no such value.
      const hint = secret || type.parse(usual) === undefined ? '' : ` [${usual}]`
      say('\n')
      sayLines(capital(`${secret ? 'file with the ' : ''}${description}`))
      for (;;) {
        say(`  ${secret ? 'FILE' : type.placeholder}${hint}: `)
        const line = await lines.next()
        signal.throwIfAborted()
        const answer = line.done ? '' : line.value.trim()
        if (answer === '') return undefined
        if (secret && !isThere(answer)) sayLines('  there is no such file yet')
        if (secret || type.parse(answer) !== undefined) return answer
        sayLines(`  must be ${type.expects}`)
      }
    },
    close: () => reader.close(),
  }
}
