/** PegNet as constants: assets, networks, heights at which the versions of records begin. */
export { parseActivations, withActivations, type Activations } from './activations.js'
export { ASSETS, PRICED_ASSETS, STAKING_ASSETS } from './assets.js'
export * from './networks.js'
