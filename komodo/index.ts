/** Komodo: the client of its daemons, what they can do, what they built, and the codec of its transactions. */
export { createKomodoClient, isAway } from './client.js'
export type {
  AddressUtxo,
  ChainInfo,
  GatewayInfo,
  KnownTransaction,
  KomodoClient,
  NodeInfo,
  OracleInfo,
  PendingWithdrawal,
  Registration,
  SignedRaw,
  SignedWithdrawal,
  WalletUtxo,
  WithdrawalList,
} from './client.js'
export { accessOf, daemonUrl, parseConf, usualConf } from './conf.js'
export type { Access, AccessOptions } from './conf.js'
export { KOMODO_ERRORS } from './errors.js'
export { proveHeader, readRawHeader, targetOf } from './header.js'
export type { HeaderPlace, ProvenHeader, RawHeader } from './header.js'
export { FIRST_HEALTH, healthAfter, healthWord, isWritable } from './health.js'
export type { Health, HealthEvent } from './health.js'
export * from './inspect.js'
export * from './payout.js'
export { capabilitiesOf, missingForHeaders, probe, PROBED } from './probe.js'
export type { Capabilities, ProbedMethod } from './probe.js'
export { buildReason, sendAdvice, sendReason } from './reasons.js'
export type { BuildReason, SendReason } from './reasons.js'
export { createRpc, rpcCodeOf, rpcTextOf } from './rpc.js'
export type { CallOptions, Rpc, RpcCall, RpcOptions } from './rpc.js'
export { coinsNumber, printable, satOf } from './shape.js'
export * from './tx/index.js'
