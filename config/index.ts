export * from './errors.js'
export * from './networks.js'
