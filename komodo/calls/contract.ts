/** Calls of the contract modules, whose replies have shapes of their own. docs/protocol/komodo.md#contract-calls */
import { fail } from '../errors.js'
import { buildReasonOf } from '../reasons.js'
import type { CallOptions, Rpc } from '../rpc.js'
import { objectOf, printable, type Json } from '../shape.js'

export type ContractCalls = ReturnType<typeof contractCalls>

export function contractCalls(rpc: Rpc) {
  const at = (method: string): string => `${method} at ${rpc.name}`

  /** A contract call: every parameter a string, or the daemon may freeze (docs/protocol/komodo.md#lock-leaks). */
  async function cc(method: string, params: readonly string[], given?: CallOptions): Promise<unknown> {
    for (const param of params as readonly unknown[])
      if (typeof param !== 'string' || param === '')
        throw fail('E_KOMODO_PARAMETER', `${at(method)}: every parameter is a text that is not empty`)
    return rpc.call(method, params, given)
  }

  /** A contract call that builds a transaction. Throws `E_KOMODO_CC` with `details.reason`, see `reasons.ts`. */
  async function build(method: string, params: readonly string[], given?: CallOptions): Promise<string> {
    const reply = await cc(method, params, given)
    const found = (typeof reply === 'object' && reply !== null ? reply : {}) as Json
    const { hex } = found
    if (found['result'] === 'success' && typeof hex === 'string' && /^([0-9a-f]{2}){10,}$/i.test(hex))
      return hex.toLowerCase()
    const said = typeof found['error'] === 'string' ? printable(found['error'], 200) : ''
    const nothing = reply === null || reply === ''
    const text = said || (nothing ? 'nothing was built' : 'the reply holds no transaction')
    throw fail('E_KOMODO_CC', `${at(method)}: ${text}`, {
      details: { reason: reply === null ? 'no-key' : buildReasonOf(text), text },
    })
  }

  /** A contract call that reads. */
  async function read(method: string, params: readonly string[], given?: CallOptions): Promise<Json> {
    const reply = objectOf(await cc(method, params, given), at(method))
    if (
      reply['result'] === 'error' ||
      (typeof reply['error'] === 'string' && reply['result'] !== 'success')
    ) {
      const text = printable(String(reply['error']), 200)
      throw fail('E_KOMODO_CC', `${at(method)}: ${text}`, { details: { reason: buildReasonOf(text), text } })
    }
    return reply
  }

  return { build, read }
}
