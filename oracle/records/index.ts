/** Oracle and Staking Price Records: asset lists, encoding, hashes, entries. */
export { ASSETS, STAKING_ASSETS } from '../../pegnet/index.js'
export {
  buildOprEntry,
  buildSprEntry,
  oprChainExtIds,
  oprChainId,
  sprChainId,
  oprHash,
  pegnetChains,
  readClaim,
  shortHash,
  splitOprExtIds,
} from './entry.js'
export { RECORD_ERRORS } from './errors.js'
export { decodeContent, decodeOpr, encodeOpr, type Opr, type OprContent, type OprVersion } from './opr.js'
export { priceFromDecimal, priceToDecimal, priceToNumber } from './prices.js'
export { decodeSpr, encodeSpr, type Spr } from './spr.js'
