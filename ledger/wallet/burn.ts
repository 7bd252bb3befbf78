/** Factoids burnt for pFCT (docs/protocol/ledger.md#payments). */
import { composeTransaction, type FactoidTransaction } from '../../factom/index.js'
import { fail } from '../errors.js'
import type { LedgerRules } from '../rules.js'
import { FACTOID_BURN } from '../special.js'
import { readAddress } from '../transactions/address.js'
import type { SigningKey } from './keys.js'

/** Throws `E_WALLET_BURN` if the block of this height credits no burn any more. */
export function requireBurns(height: number, { pegnet2 }: Pick<LedgerRules, 'pegnet2'>): void {
  if (height < pegnet2) return
  const since = pegnet2 === 0 ? 'on this network' : `since block ${pegnet2}`
  throw fail(
    'E_WALLET_BURN',
    `factoids that are burnt ${since} become nothing: PegNet 2.0 has ended it; mine PEG, or be sent tokens`,
  )
}

/** The whole input is what becomes pFCT: it all goes to fees, since nothing else comes out. */
export function composeBurn(key: SigningKey, amount: bigint, timeMs: number): FactoidTransaction {
  if (key.kind !== 'factoid') throw fail('E_WALLET_KEY', 'only an address of Factom itself has factoids')
  const address = readAddress(key.address) ?? ''
  return composeTransaction(
    {
      timeMs,
      inputs: [{ amount, address }],
      outputs: [],
      ecOutputs: [{ amount: 0n, address: FACTOID_BURN }],
    },
    [{ publicKey: key.rcd.subarray(1), sign: (data) => key.sign(data) }],
  )
}
