/** At which heights the versions of records begin on a network of one's own. */
import { MAINNET_OPR_HEIGHTS, NEWEST_OPR, OPR_VERSIONS, type Network, type OprVersion } from './networks.js'

/** First height of each version that there is; ascending in both. At least one. */
export type Activations = readonly (readonly [version: OprVersion, height: number])[]

const MAX_HEIGHT = 2 ** 31
const FORM = /^(\d)@(\d{1,10})$/

/** Reads `2@0,3@10,4@20,5@30`, or `MainNet` for the heights that it had; undefined if the text is neither. */
export function parseActivations(text: string): Activations | undefined {
  if (/^mainnet$/i.test(text)) return OPR_VERSIONS.map((version) => [version, MAINNET_OPR_HEIGHTS[version]])
  const list = text.split(',', OPR_VERSIONS.length + 1).map((item) => {
    const [, version = '', height = ''] = FORM.exec(item.trim()) ?? []
    return [+version as OprVersion, height === '' ? Infinity : +height] as const
  })
  const fits = list.every(([version, height], i) => {
    const [before, from] = list[i - 1] ?? [0, -1]
    return OPR_VERSIONS.includes(version) && version > before && height > from && height <= MAX_HEIGHT
  })
  return fits ? list : undefined
}

/** The network with these versions and no others. Below the first height the lowest of them is named. */
export function withActivations(network: Network, list: Activations): Network {
  const [[lowest, first] = [NEWEST_OPR, 0] as const] = list
  return {
    ...network,
    activationHeight: first,
    oprHeights: list,
    oprVersionAt: (height) => list.findLast(([, from]) => height >= from)?.[0] ?? lowest,
  }
}
