/** `pegminer config import FILE`: the ini file of PegNet's Go miner as a `pegminer.yaml`, on standard output. */
import { readFileSync, statSync } from 'node:fs'

import { messageOf } from '../../base/index.js'
import { exampleConfig, importGoIni, mistake, shown, wrongArgument } from '../../config/index.js'
import { importOracleIni } from '../../oracle/prices/index.js'
import { oneLine } from '../../telemetry/log.js'
import type { ConfigContext } from './context.js'
import { exampleKeys } from './init.js'
import { EXIT } from '../program/context.js'

/** The file that the Go miner ships has 9 KiB. */
const MAX_INI_BYTES = 256 * 1024

export function configImport({ positionals, output }: ConfigContext): number {
  const [, name] = positionals
  if (name === undefined)
    throw wrongArgument('say which file to import, for example ~/.pegnet/defaultconfig.ini')
  let text: string
  try {
    const stat = statSync(name)
    if (!stat.isFile() || stat.size > MAX_INI_BYTES) throw new TypeError('it is not a small file')
    text = readFileSync(name, 'utf8')
  } catch (error) {
    throw mistake('E_CONFIG_IMPORT', `${shown(name)}: ${messageOf(error)}`)
  }
  try {
    const { values, notes, oracle } = importGoIni(text)
    const { prices, notes: priceNotes } = importOracleIni(oracle)
    const lines = [...notes, ...priceNotes].map((note) => oneLine(note))
    const head = [
      `Made from ${oneLine(name)}.`,
      ...(lines.length === 0 ? [] : ['Not carried over:', ...lines.map((note) => `- ${note}`)]),
    ]
    const yaml = exampleConfig({
      keys: exampleKeys(values['network.name'] ?? 'MainNet'),
      values: withSecret(values),
      sections: { prices },
      head,
    })
    output.event({ event: 'imported', file: name, settings: values, prices, notes: lines, yaml })
    output.line(yaml.trimEnd())
  } catch (error) {
    if (!(error instanceof TypeError)) throw error
    throw mistake('E_CONFIG_IMPORT', `${shown(name)}: ${error.message}`)
  }
  return EXIT.done
}

/** The key is never in that file, and no network but dev does without it. */
const withSecret = (values: Readonly<Record<string, string>>): Record<string, string> => ({
  ...values,
  'miner.ecSecretFile': '',
})
