/**
 * How the chain's daemon is started, and with what one that runs on this machine was. An option that is spelled wrong is
 * not noticed by the daemon, so the line is made here, and read back from the running process.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

import { coinsText } from '../tx/index.js'
import { thresholdsText, USUAL_THRESHOLDS } from './formulas.js'
import type { PegPlan } from './plan.js'

/** Whole coins without decimals. */
const wholeCoins = (sat: bigint): string => coinsText(sat).replace(/\.?0+$/, '')

/** Options of the chain, which every node must have, in the order of the tutorial; then those of this node. */
export function launchArgs(plan: PegPlan, pegsTxid: string | null): string[] {
  const window = plan.blockSeconds === 60 ? [] : [`-ac_blocktime=${plan.blockSeconds}`]
  return [
    `-ac_supply=${wholeCoins(plan.supply)}`,
    '-ac_reward=10000',
    `-ac_name=${plan.asset.name}`,
    '-ac_cc=2',
    '-ac_import=PEGSCC',
    '-ac_end=1',
    '-ac_perc=0',
    '-ac_cbopret=5',
    ...window,
    ...thresholdsArgs(plan),
    ...plan.options,
    `-pubkey=${plan.pubkey}`,
    ...(pegsTxid === null ? [] : [`-earlytxid=${pegsTxid}`]),
  ]
}

function thresholdsArgs({ thresholds }: PegPlan): string[] {
  const params = thresholdsText(thresholds)
  return params === thresholdsText(USUAL_THRESHOLDS) ? [] : [`-ac_pegsccparams=${params}`]
}

export const launchLine = (plan: PegPlan, pegsTxid: string | null): string =>
  ['./komodod', ...launchArgs(plan, pegsTxid)].join(' ')

export type LaunchCheck =
  /** `missing`: options that the running daemon lacks; `odd`: such as it has instead, by the look of them. */
  | { readonly found: true; readonly missing: readonly string[]; readonly odd: readonly string[] }
  /** No such process can be seen: it runs elsewhere, or as another user. */
  | { readonly found: false }

/** Of processes and bytes that are looked at. */
const MAX_BYTES = 64 * 1024

/**
 * Looks for the daemon of a chain among the processes of this machine: whether it was started with the peg's id, or, as
 * long as there is none, with what no call tells and nothing can change later.
 */
export function checkLaunch(plan: PegPlan, pegsTxid: string | null, folder = '/proc'): LaunchCheck {
  const asked =
    pegsTxid === null ? ['-ac_import=PEGSCC', ...thresholdsArgs(plan)] : [`-earlytxid=${pegsTxid}`]
  const wanted = [`-ac_name=${plan.asset.name}`, ...asked]
  for (const id of listed(folder)) {
    const words = wordsOf(join(folder, id, 'cmdline'))
    if (!words.some((word) => word === `-ac_name=${plan.asset.name}`) || !/komodod/.test(words[0] ?? ''))
      continue
    const missing = wanted.filter((option) => !words.includes(option))
    const odd = words.filter((word) => /^-+ea\w*tx\w*=/i.test(word) && !wanted.includes(word))
    return { found: true, missing, odd }
  }
  return { found: false }
}

function listed(folder: string): string[] {
  try {
    return readdirSync(folder).filter((name) => /^\d+$/.test(name))
  } catch {
    return []
  }
}

function wordsOf(file: string): string[] {
  try {
    return readFileSync(file).subarray(0, MAX_BYTES).toString().split('\0')
  } catch {
    return []
  }
}
