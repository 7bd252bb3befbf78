/** The first steps on a LOCAL network: entry credits are bought, and the five PegNet chains created. */
import { ecKey, factoidKey } from '../address.js'
import { toHex } from '../bytes.js'
import { composeChainCommit } from '../commit.js'
import { CHAIN_SURCHARGE, chainIdOf, encodeEntry, entryCost, entryHash } from '../entry.js'
import { composeTransaction, transactionFee } from './blocks/index.js'
import { unsavedBlocks } from './chain/state.js'
import type { Engine } from './engine.js'

/** Well-known test keys: the "sand" coins of every LOCAL genesis, and PegNet's entry-credit key on LOCAL networks. */
export const DEV_KEYS = {
  fctSecret: 'Fs3E9gV6DXsYzf7Fqx1fVBQPQXV695eP3k5XbmHEZVRLkMdD9qCK',
  fctAddress: 'FA2jK2HcLnRdS94dEcU27rF3meoJfpUcZPSinpb7AwQvPRY6RL1Q',
  ecSecret: 'Es2XT3jSxi1xqrDvS5JERM3W3jh1awRHuyoahn3hbQLyfEi1jvbq',
  ecAddress: 'EC3TsJHUs8bzbbVnratBafub6toRYdgzgbR7kWwCW4tqbmyySRmg',
} as const

/** External ids of the chains' first entries (protocol, network tag, name); the content is empty. */
export const PEGNET_CHAINS: readonly (readonly string[])[] = [
  ['PegNet', 'MainNet'],
  ['PegNet', 'MainNet', 'Transactions'],
  ['PegNet', 'MainNet', 'Miners'],
  ['PegNet', 'MainNet', 'OraclePriceRecords'],
  ['PegNet', 'MainNet', 'StakingPriceRecords'],
]

/** The key is topped up when a tenth of its credits is left. */
const REFILL = 10

export interface BootstrapOptions {
  /** Entry credits that the key has after a purchase; 0: nothing is bought. */
  readonly credits: number
  /** External ids, as text, of the chains to create. */
  readonly chains: readonly (readonly string[])[]
}

/**
 * Makes what is missing with real transactions, commits and reveals. A chain that
 * the key cannot pay for is left for later: commits that wait would all be paid once there is money.
 */
export function bootstrap(engine: Engine, { credits, chains }: BootstrapOptions, nowMs: number): void {
  const key = ecKey(DEV_KEYS.ecSecret)
  const balance = engine.state.balances.credits.get(toHex(key.publicKey)) ?? 0
  if (balance < credits / REFILL) buyCredits(engine, credits - balance, nowMs)
  for (const names of chains) {
    const extIds = names.map((name) => new TextEncoder().encode(name))
    const chainId = chainIdOf(extIds)
    const { state, archive } = engine
    const exists =
      archive.head(chainId) !== undefined || unsavedBlocks(state).some((open) => open.chains.has(chainId))
    if (exists) continue
    const raw = encodeEntry({ chainId, extIds, content: new Uint8Array() })
    const hash = entryHash(raw)
    const price = entryCost(raw) + CHAIN_SURCHARGE
    if (!state.commits.has(hash)) {
      if ((state.balances.credits.get(toHex(key.publicKey)) ?? 0) < price) continue
      const commit = composeChainCommit({ chainId, entryHash: hash, credits: price, timeMs: nowMs, key })
      engine.submit({ type: 'commit-chain', raw: commit }, nowMs)
    }
    engine.submit({ type: 'reveal', raw }, nowMs)
  }
}

function buyCredits(engine: Engine, credits: number, nowMs: number): void {
  const payer = factoidKey(DEV_KEYS.fctSecret)
  const buyer = ecKey(DEV_KEYS.ecSecret)
  const rate = engine.archive.tip.exchangeRate
  const price = BigInt(credits) * rate
  const compose = (fee: bigint) =>
    composeTransaction(
      {
        timeMs: nowMs,
        inputs: [{ amount: price + fee, address: toHex(payer.rcdHash) }],
        outputs: [],
        ecOutputs: [{ amount: price, address: toHex(buyer.publicKey) }],
      },
      [payer],
    )
  const { raw } = compose(transactionFee(compose(0n), rate))
  engine.submit({ type: 'factoid', raw }, nowMs)
}
