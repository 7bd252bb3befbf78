import type { Network } from '../../pegnet/index.js'

/** Why no record can be mined at a height; null: nothing is against it. Pure. */
export function whyUnminable(network: Network, height: number): string | null {
  if (height < network.activationHeight) return `records begin at height ${network.activationHeight}`
  return network.oprVersionAt(height) === 1
    ? 'records of version 1 cannot be mined: no source prices PNT, XPD and XPT'
    : null
}
