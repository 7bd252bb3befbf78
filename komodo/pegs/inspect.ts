/**
 * What the creation and the use of a peg build, held against what was asked for: the whole payload to the byte, the
 * outputs in their places, and nothing to strangers (docs/protocol/pegs.md#transactions). Throws `E_KOMODO_INSPECT`.
 */
import { broken, isContract, isOwn, MARKER_SAT, openBuilt, type BuiltFor, type Inspected } from '../built.js'
import type { BindFacts } from '../calls/deposits.js'
import * as tx from '../tx/index.js'
import type { ModuleOp, TxOutput } from '../tx/index.js'

/** Keys of the modules; their private halves are public. */
export const PEGS_PUBKEY = '03c75c1de29a35e41606363b430c08be1c2dd93cf7a468229a082cc79c7b77eece'
const TOKENS_PUBKEY = '03e6191c70c9c9a28f9fd87089b9488d0e6c02fb629df64979c9cdb6b2b4a68d95'
const ORACLES_PUBKEY = '038c1d42db6a45a57eccb8981b078fb7857b9b496293fe299d2b8d120ac5b5691a'
const POOL_OUTPUTS = 100

export const conditionOutput = (condition: tx.Condition, value: bigint): TxOutput => ({
  value,
  script: tx.conditionScript(condition),
})
export const tokenOutput = (pubkey: string, value: bigint) =>
  conditionOutput(tx.moduleCondition(tx.EVAL.tokens, pubkey), value)
const TOKENS_MARKER = tokenOutput(TOKENS_PUBKEY, MARKER_SAT)
const ORACLES_MARKER: TxOutput = { value: MARKER_SAT, script: tx.payToPubkey(ORACLES_PUBKEY) }
export const POOL_SCRIPT = tx.conditionScript(tx.moduleCondition(tx.EVAL.pegs, PEGS_PUBKEY))

export interface Expected {
  readonly op: ModuleOp
  /** The first outputs, in their order. */
  readonly outputs: readonly TxOutput[]
  /** Scripts that further outputs may have, besides the own key's. */
  readonly others?: readonly string[]
  /** Whether own plain coins are spent at all. */
  readonly plain?: boolean
}

export function inspect(
  hex: string,
  { op, outputs, others = [], plain = true }: Expected,
  around: BuiltFor,
): Inspected {
  const { tx: found, txid } = openBuilt(hex, around)
  if (found.outputs.at(-1)?.script !== tx.opScript(op))
    throw broken('op-return', `its OP_RETURN is not that of ${op.op} as it was asked for`)
  for (const [k, { value, script }] of outputs.entries()) {
    const output = found.outputs[k]
    if (output?.script !== script) throw broken('outputs', `output ${k} goes to another place`)
    if (output.value !== value) throw broken('amount', `output ${k} has ${output.value} instead of ${value}`)
  }
  const stranger = found.outputs
    .slice(outputs.length, -1)
    .find((output) => !isOwn(output, around.pubkey) && !others.includes(output.script))
  if (stranger) throw broken('foreign-output', `it pays ${stranger.value} to another address`)
  if (!plain && found.inputs.some((input) => !isContract(input) && input.vout !== tx.IMPORT_VOUT))
    throw broken('inputs', 'it spends plain coins, which it does not need')
  return { txid, hex, tx: found }
}

export function inspectToken(
  hex: string,
  { name, supply, description }: { name: string; supply: bigint; description: string },
  around: BuiltFor,
): Inspected {
  const op = { op: 'token-create', pubkey: around.pubkey, name, description, extra: '' } as const
  return inspect(hex, { op, outputs: [TOKENS_MARKER, tokenOutput(around.pubkey, supply)] }, around)
}

export function inspectOracle(
  hex: string,
  { name, description, format }: { name: string; description: string; format: string },
  around: BuiltFor,
): Inspected {
  const op = { op: 'oracle-create', name, description, format } as const
  return inspect(hex, { op, outputs: [ORACLES_MARKER] }, around)
}

export function inspectBind(hex: string, intent: BindFacts, around: BuiltFor): Inspected {
  const { tokenId, oracleTxid, coin, supply, m, pubkeys } = intent
  const op: tx.GatewayOp = {
    ...{ op: 'gateway-bind', coin, tokenSupply: supply, oracleTxid, m, n: pubkeys.length, pubkeys },
    ...{ taddr: 0, prefix: 60, prefix2: 85, wiftype: 188 },
  }
  return inspect(
    hex,
    {
      op: wrap(tokenId, [tx.GATEWAYS_PUBKEY], tx.GATEWAY_BLOB, op),
      outputs: [
        conditionOutput(tx.tokenCondition(tx.EVAL.gateways, tx.GATEWAYS_PUBKEY), supply),
        conditionOutput(tx.moduleCondition(tx.EVAL.gateways, tx.GATEWAYS_PUBKEY), MARKER_SAT),
      ],
    },
    around,
  )
}

export const wrap = (
  tokenId: string,
  owners: readonly string[],
  id: number,
  op: tx.GatewayOp | tx.PegsOp,
): ModuleOp => ({ op: 'token-transfer', tokenId, owners, blobs: [{ id, op, raw: '' }] })

export function inspectPeg(
  hex: string,
  { sat, bindTxids }: { readonly sat: bigint; readonly bindTxids: readonly string[] },
  around: BuiltFor,
): Inspected {
  const each = (sat - MARKER_SAT) / BigInt(POOL_OUTPUTS)
  const outputs = Array.from({ length: POOL_OUTPUTS }, () => ({ value: each, script: POOL_SCRIPT }))
  return inspect(hex, { op: { op: 'pegs-create', bindTxids }, outputs }, around)
}
