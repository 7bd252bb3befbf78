/** Where a network's state is kept if nothing else is said. Apart from the plan of a run, which loads the miner. */
import { homedir } from 'node:os'
import { join } from 'node:path'

export const defaultDataDir = (network: string): string => join(homedir(), '.pegminer', network)
