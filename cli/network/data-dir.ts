/** Where the state of a network is kept. Apart from the plan of a run, which loads the miner. */
import { homedir } from 'node:os'
import { join } from 'node:path'

import type { Settings } from '../../config/index.js'

/** Where the settings say, else beside those of the user's other networks. */
export const dataDirOf = (settings: Pick<Settings, 'data.dir'>, network: string): string =>
  settings['data.dir'] ?? join(homedir(), '.pegminer', network)
