/** The table of what a farm has on its server, as docs/farm.md shows it. Pure. */
import { FARM_TABLE } from '../../miner/farm/index.js'
import { code, table } from './tables.js'

export const farmTable = (): string =>
  table(
    ['kind', 'name', 'holds', 'written by', 'read by'],
    FARM_TABLE.map(({ kind, name, holds, writes, reads }) => [kind, code(name), holds, writes, reads]),
  ).join('\n')
