/** SHA-256 of the ByteMaps that everybody has: PegNet's seed, five passes. */
import { PEGNET_PARAMS, type LxrParams } from './params.js'

/** By map bits. 8 to 24 and 30 are the Go reference's (github.com/pegnet/LXRHash), as is 25. */
const KNOWN: Readonly<Record<number, string>> = {
  8: '9855b17b807c041622d0f984b6004da28f0554b574f17de788abaa6a38135483',
  9: 'f20da12d938c0d46813e7b63003b8b0852534516336c123c15e9c30803ea915c',
  10: 'c1e50b47f68732bce96e3a01bf53d889071ef31b5732c3f07f460c6aa4adf204',
  12: '6b6690d7d31ae6ac0d8d99dd5ba129a9d885e5c32cd38d698e062f835b6ed6d7',
  16: '7f5df9e4cd8216cabbbd73ce203a0073357a3e8941d32e0adbb65bd32b214461',
  20: 'e1369a997f98c3d4dbcf85e0c52b759f7daa57654190665ca62baf05037ea957',
  24: '7d3c0fcbd14067ef7540bef9d46dd676ee216243f1d5daf2607d855d88f3c968',
  25: '387673fa9a1e7f8ab5cbeee5a2985bc4ee3b70c3fe56212a7f922d8282a009de',
  30: '55a02ed711747012e92fe70424ed1904de6af0b8def259cc068616b86684e93f',
}

/** The right SHA-256 in hex, if it is known. */
export function knownSha256({ seed, passes, bits }: LxrParams): string | undefined {
  if (seed !== PEGNET_PARAMS.seed || passes !== PEGNET_PARAMS.passes) return undefined
  return KNOWN[bits]
}
