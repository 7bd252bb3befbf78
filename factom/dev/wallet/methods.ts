/**
 * factom-walletd's API, as far as pegnet, pegnetd and factom-cli ask: addresses, identity keys, signing, backup,
 * factoid transactions, commits and reveals. It holds test keys and imported ones; every user of this machine may use
 * it.
 */
import { addressBody, paramsOf, type Params } from '../api/params.js'
import { refused } from '../api/errors.js'
import { unitsText, type Json } from '../../../base/index.js'
import type { MethodTable } from '../api/request.js'
import { encodeAddress } from '../../address.js'
import { hashBytes, toHex } from '../../bytes.js'
import { composeMethods } from './compose.js'
import type { WalletContext } from './context.js'
import { bodyOf, draftView, feeOf, place, sign, totals, type Draft } from './drafts.js'
import { historyMethods } from './history.js'
import { identitiesView, identityMethods } from './identity.js'
import { identityComposeMethods } from './identity-compose.js'
import { koinifySeed } from './koinify.js'

const VERSION = 'BuiltWithoutVersion'
const MAX_DRAFTS = 1000

export function walletMethods(context: WalletContext): MethodTable {
  const { keys } = context
  return {
    properties: () => ({ walletversion: VERSION, walletapiversion: '2.0' }),
    'get-height': () => ({ height: context.height() }),
    address: (params) => {
      const address = paramsOf(params).text('address')
      if (!addressBody(address, 'FA') && !addressBody(address, 'EC')) throw refused('Invalid address type')
      const found = keys.find(address)
      if (!found) throw refused('Wallet: address not found')
      return { ...found }
    },
    'all-addresses': () => ({ addresses: keys.all().map((key) => ({ ...key })) }),
    'generate-factoid-address': () => ({ ...keys.generate('FA') }),
    'generate-ec-address': () => ({ ...keys.generate('EC') }),
    'import-addresses': (params) => {
      const added = secretsOf(params).map((secret) => {
        const address = keys.import(secret)
        if (!address) throw refused('address could not be imported')
        return { ...address }
      })
      return { addresses: added.length === 0 ? null : added }
    },
    'import-koinify': (params) => ({
      ...keys.import(encodeAddress('Fs', koinifySeed(paramsOf(params).text('words')))),
    }),
    'remove-address': (params) => {
      const address = paramsOf(params).text('address')
      if (address !== '' && !/^[FE]/.test(address)) throw refused('Unknown address type')
      // A missing address counts as removed.
      if (address !== '' && !keys.remove(address)) throw refused('wallet: No such address')
      return { success: true }
    },
    // These keys come from no seed.
    'wallet-backup': () => ({
      'wallet-seed': '',
      addresses: keys.all().map((key) => ({ ...key })),
      'identity-keys': identitiesView(keys.identities.all()),
    }),
    'unlock-wallet': () => {
      throw refused('Cannot unlock non-encrypted wallet. This database is always unlocked')
    },
    'wallet-balances': () => walletBalances(context),
    'sign-data': (params) => {
      const read = paramsOf(params)
      const signer = read.text('signer')
      const key = keys.factoid(signer) ?? keys.entryCredit(signer)
      if (!key) throw refused('Wallet: address not found')
      const signature = key.sign(Buffer.from(read.text('data'), 'base64'))
      return { pubkey: base64(key.publicKey), signature: base64(signature) }
    },
    ...identityMethods(keys),
    ...composeMethods(context),
    ...identityComposeMethods(context),
    ...transactions(context),
    ...historyMethods(context.saved, context.rate),
  }
}

function walletBalances({ keys, factoids, credits }: WalletContext): Json {
  const bodies = (kind: 'FA' | 'EC') => keys.all().flatMap((key) => addressBody(key.public, kind) ?? [])
  const fct = bodies('FA').reduce((sum, body) => sum + factoids(body), 0n)
  const ec = bodies('EC').reduce((sum, body) => sum + credits(body), 0)
  return { fctaccountbalances: { ack: fct, saved: fct }, ecaccountbalances: { ack: ec, saved: ec } }
}

function transactions(context: WalletContext): MethodTable {
  const { keys, now, rate, factoids } = context
  const drafts = new Map<string, Draft>()
  const view = (draft: Draft) => draftView(draft, rate())
  const draftOf = (read: Params): Draft => {
    const draft = drafts.get(read.text('tx-name'))
    if (!draft) throw refused('wallet: Transaction name was not found')
    return draft
  }
  /** A step that changes a draft, so that an earlier signature is void. */
  const step = (change: (draft: Draft, read: Params) => void) => (params: unknown) => {
    const read = paramsOf(params)
    const draft = draftOf(read)
    change(draft, read)
    draft.signed = null
    return view(draft)
  }
  const addressOf = (read: Params, kind: 'FA' | 'EC', problem: string): string => {
    const address = read.text('address')
    if (!addressBody(address, kind)) throw refused(problem)
    return bodyOf(address, kind)
  }
  const amountOf = (read: Params): bigint => {
    const amount = read.integer('amount')
    if (amount < 0n) throw refused('amount must not be negative', -32602)
    return amount
  }
  const balanced = (draft: Draft): void => {
    const { inputs, outputs, ecOutputs } = totals(draft)
    if (inputs !== outputs + ecOutputs) throw refused("Inputs and outputs don't add up")
  }
  /** Moves the fee onto an input or from an output that is there. */
  const fee = (side: 'inputs' | 'outputs', problem: string) =>
    step((draft, read) => {
      balanced(draft)
      const body = addressOf(read, 'FA', 'Invalid Address')
      const known = draft[side].find(({ address }) => address === body)
      if (!known) throw refused(`${read.text('address')} is not an ${problem} to the transaction.`)
      const due = feeOf(draft, rate())
      place(draft[side], body, side === 'inputs' ? known.amount + due : known.amount - due)
    })
  return {
    'new-transaction': (params) => {
      const name = paramsOf(params).text('tx-name')
      if (!/^[\w-]{1,32}$/.test(name)) throw refused('wallet: Transaction name is not valid')
      if (drafts.has(name)) throw refused('wallet: Transaction name already exists')
      if (drafts.size >= MAX_DRAFTS) throw refused(`at most ${MAX_DRAFTS} transactions at once`)
      const draft: Draft = { name, timeMs: now(), inputs: [], outputs: [], ecOutputs: [], signed: null }
      drafts.set(name, draft)
      return view(draft)
    },
    'add-input': step((draft, read) => {
      if (!keys.factoid(read.text('address'))) throw refused('wallet: No such address')
      place(draft.inputs, bodyOf(read.text('address'), 'FA'), amountOf(read))
    }),
    'add-output': step((draft, read) =>
      place(draft.outputs, addressOf(read, 'FA', 'Invalid Factoid Address'), amountOf(read)),
    ),
    'add-ec-output': step((draft, read) =>
      place(draft.ecOutputs, addressOf(read, 'EC', 'Invalid Entry Credit Address'), amountOf(read)),
    ),
    'add-fee': fee('inputs', 'input'),
    'sub-fee': fee('outputs', 'output'),
    'sign-transaction': (params) => {
      const read = paramsOf(params)
      const draft = draftOf(read)
      if (!read.flag('force')) {
        checkCovered(draft, factoids)
        checkFee(draft, feeOf(draft, rate()))
      }
      if (draft.inputs.length === 0) throw refused('wallet: Transaction has no inputs')
      const signers = draft.inputs.map(({ address }) => {
        const key = keys.all().find((known) => addressBody(known.public, 'FA') === address)
        const signer = key && keys.factoid(key.public)
        if (!signer) throw refused('wallet: No such address')
        return signer
      })
      sign(draft, signers)
      return view(draft)
    },
    'tmp-transactions': () => ({ transactions: drafts.size === 0 ? null : [...drafts.values()].map(view) }),
    'transaction-hash': (params) => {
      const draft = draftOf(paramsOf(params))
      return { ...(view(draft) as object), name: draft.name }
    },
    'compose-transaction': (params) => {
      const draft = draftOf(paramsOf(params))
      if (!draft.signed) throw refused('Cannot send unsigned transaction')
      return {
        jsonrpc: '2.0',
        id: 0,
        method: 'factoid-submit',
        params: { transaction: toHex(draft.signed.raw) },
      }
    },
    'delete-transaction': (params) => {
      const draft = draftOf(paramsOf(params))
      drafts.delete(draft.name)
      const gone: Draft = { ...draft, timeMs: 0, inputs: [], outputs: [], ecOutputs: [], signed: null }
      return view(gone)
    },
  }
}

/** Each address has what it is to pay. */
function checkCovered({ inputs }: Draft, factoids: WalletContext['factoids']): void {
  for (const { address, amount } of inputs) {
    const balance = factoids(address)
    if (balance < amount)
      throw refused(
        `Address ${encodeAddress('FA', hashBytes(address))} balance is too low. Available: ${unitsText(balance)} Needed: ${unitsText(amount)}`,
      )
  }
}

/** The fee is paid, and not more than ten times over. */
function checkFee(draft: Draft, due: bigint): void {
  const { inputs, outputs, ecOutputs } = totals(draft)
  const paid = inputs - outputs - ecOutputs
  if (paid < due) throw refused('wallet: Insufficient Fee')
  if (paid >= due * 10n)
    throw refused(`wallet: Overpaying fee by >10x. Paying: ${unitsText(paid)} Requires: ${unitsText(due)}`)
}

/** The secrets in a request; none if there is no list, or null in its place. */
function secretsOf(params: unknown): string[] {
  const list = paramsOf(params).object('addresses') ?? []
  if (!Array.isArray(list)) throw refused('addresses must be a list', -32602)
  return list.map((item: unknown) => paramsOf(item).text('secret'))
}

const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64')
