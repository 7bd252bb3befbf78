/** `pegminer feed register`: the key of each gateway becomes a publisher of its oracle. */
import { retried } from '../../base/index.js'
import { inspectRegistration, isAway } from '../../komodo/index.js'
import { mayRegister, registerError, waitingRegistration, type FeedConfig } from '../../oracle/feed/index.js'
import { EXIT } from '../program/context.js'
import type { Resources } from '../program/resources.js'
import { clientsOf } from './clients.js'
import type { FeedContext } from './context.js'

const REGISTER_FEE = 100_000n

/** The wallet learns of its own change within a second. */
const OWN_CHANGE_MS = 1_100
const TRIES = 4

/** Funds the oracle and registers the key, if it is not; a second registration is refused. */
export async function register(
  { output, signal }: FeedContext,
  config: FeedConfig,
  resources: Resources,
): Promise<number> {
  for (const gateway of config.gateways) {
    const { asset } = clientsOf(gateway, resources)
    const { oracleTxid, pubkey } = gateway
    const oracle = await asset.oracleInfo(oracleTxid, { signal })
    if (!mayRegister(oracle.registered, pubkey)) throw registerError(pubkey)
    const waiting = await waitingRegistration(asset, { oracleTxid, publisher: pubkey }, { signal })
    if (waiting !== null) throw registerError(pubkey, waiting)
    const { blocks: height } = await asset.chainInfo({ signal })
    const around = { height, pubkey }
    const funded = inspectRegistration(
      await asset.oracleFund(oracleTxid, { signal }),
      { oracleTxid, sat: null },
      around,
    )
    await asset.send(funded.hex, { signal })
    const hex = await retried(
      () => asset.oracleRegister(oracleTxid, REGISTER_FEE, { signal }),
      (error, failures) => (failures < TRIES && !isAway(error) ? OWN_CHANGE_MS : null),
      { signal },
    )
    const registered = inspectRegistration(hex, { oracleTxid, sat: REGISTER_FEE }, around)
    await asset.send(registered.hex, { signal })
    output.line(` ${gateway.name}: registered with a fee of 0.001 a header, ${registered.txid}`)
    output.event({ event: 'registered', gateway: gateway.name, txid: registered.txid })
  }
  return EXIT.done
}
