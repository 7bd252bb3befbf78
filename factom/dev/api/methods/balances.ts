/** Entry credits and factoids by address, and the rate between them. */
import type { AddressKind } from '../../../address.js'
import type { ApiContext } from '../context.js'
import { invalidParams, panic } from '../errors.js'
import type { Json } from '../../../../base/index.js'
import { addressBody, addressParam, paramsOf } from '../params.js'
import type { MethodTable } from '../request.js'

export function balanceMethods(context: ApiContext): MethodTable {
  const { state, archive } = context
  return {
    'entry-credit-balance': (params) => {
      const key = addressParam(paramsOf(params).text('address'), 'EC')
      return { balance: state.balances.credits.get(key) ?? 0 }
    },
    'factoid-balance': (params) => {
      const hash = addressParam(paramsOf(params).text('address'), 'FA')
      return { balance: state.balances.factoids.get(hash) ?? 0 }
    },
    'entry-credit-rate': () => ({ rate: archive.tip.exchangeRate }),
    'multiple-ec-balances': (params) => multiple(context, 'EC', params),
    'multiple-fct-balances': (params) => multiple(context, 'FA', params),
  }
}

/** Heights are 0 unless at least one text is an address: factomd takes them from the last one that is. */
function multiple({ state, archive }: ApiContext, kind: AddressKind & ('EC' | 'FA'), params: unknown): Json {
  const texts = addressList(params)
  const [pending, saved] = [state.balances, archive.balances].map((balances) =>
    kind === 'EC' ? balances.credits : balances.factoids,
  ) as [Map<string, number | bigint>, Map<string, number | bigint>]
  const bodies = texts.map((text) => addressBody(text, kind))
  const known = bodies.some((body) => body !== null)
  return {
    currentheight: known ? state.height : 0,
    lastsavedheight: known ? archive.tip.height : 0,
    balances: bodies.map((body, i) => {
      const nothing = (err: string) => ({ ack: 0, saved: 0, err })
      if (texts[i] === '') return nothing(kind === 'EC' ? 'No EC addresses' : 'No FCT addresses')
      if (body === null) return nothing('Error decoding address')
      const ack = pending.get(body)
      if (ack === undefined) return nothing('Address has not had a transaction')
      return { ack, saved: saved.get(body) ?? 0, err: '' }
    }),
  }
}

function addressList(params: unknown): string[] {
  const problem = 'ERROR! Invalid params passed in'
  if (params === null || typeof params !== 'object' || Array.isArray(params)) throw invalidParams(problem)
  const { addresses } = params as { addresses?: unknown }
  if (addresses === undefined || addresses === null) throw invalidParams(`${problem}, expected 'addresses'`)
  if (!Array.isArray(addresses) || addresses.some((text) => typeof text !== 'string')) throw panic()
  return addresses as string[]
}
