/** Blocks, transactions and times in the members and order of factomd's replies. */
import { encodeAddress } from '../../address.js'
import { hashBytes, toHex } from '../../bytes.js'
import { decodeChainCommit, decodeEntryCommit } from '../../commit.js'
import type { Entry } from '../../entry.js'
import {
  ADMIN_CHAIN,
  decodeAdminBlock,
  decodeDirectoryBlock,
  decodeEntryCreditBlock,
  decodeFactoidBlock,
  DIRECTORY_CHAIN,
  ENTRY_CREDIT_CHAIN,
  FACTOID_CHAIN,
} from '../blocks/index.js'
import type { AdminRecord, EntryCreditRecord, FactoidAmount, FactoidTransaction } from '../blocks/index.js'
import type { Json } from '../../../base/index.js'

export function directoryView(raw: Uint8Array): Json {
  const block = decodeDirectoryBlock(raw)
  return {
    dbhash: block.fullHash,
    keymr: block.keyMr,
    headerhash: block.headerHash,
    header: {
      version: 0,
      networkid: block.networkId,
      bodymr: block.bodyMr,
      prevkeymr: block.prevKeyMr,
      prevfullhash: block.prevFullHash,
      timestamp: block.timeMinutes,
      dbheight: block.height,
      blockcount: block.rows.length,
      chainid: DIRECTORY_CHAIN,
    },
    dbentries: block.rows.map(({ chainId, keyMr }) => ({ chainid: chainId, keymr: keyMr })),
  }
}

export function factoidBlockView(raw: Uint8Array): Json {
  const block = decodeFactoidBlock(raw)
  return {
    bodymr: block.bodyMr,
    prevkeymr: block.prevKeyMr,
    prevledgerkeymr: block.prevLedgerKeyMr,
    exchrate: block.exchangeRate,
    dbheight: block.height,
    transactions: block.transactions.map(({ transaction }) => transactionView(transaction)),
    chainid: FACTOID_CHAIN,
    keymr: block.keyMr,
    ledgerkeymr: block.ledgerKeyMr,
  }
}

/** `blockheight` is 0 in every reply of factomd, nothing ever sets it. */
export function transactionView(transaction: FactoidTransaction): { readonly [member: string]: Json } {
  return {
    txid: transaction.txid,
    blockheight: 0,
    millitimestamp: transaction.timeMs,
    inputs: amountsView(transaction.inputs, 'FA'),
    outputs: amountsView(transaction.outputs, 'FA'),
    outecs: amountsView(transaction.ecOutputs, 'EC'),
    rcds: transaction.signatures.map(({ publicKey }) => `01${toHex(publicKey)}`),
    sigblocks: transaction.signatures.map(({ signature }) => ({ signatures: [toHex(signature)] })),
  }
}

export function amountsView(amounts: readonly FactoidAmount[], kind: 'FA' | 'EC'): Json {
  return amounts.map(({ amount, address }) => ({
    amount,
    address,
    useraddress: encodeAddress(kind, hashBytes(address)),
  }))
}

export function entryCreditView(raw: Uint8Array): Json {
  const block = decodeEntryCreditBlock(raw)
  return {
    header: {
      bodyhash: block.bodyHash,
      prevheaderhash: block.prevHeaderHash,
      prevfullhash: block.prevFullHash,
      dbheight: block.height,
      headerexpansionarea: '',
      objectcount: block.records.length,
      bodysize: block.bodySize,
      chainid: ENTRY_CREDIT_CHAIN,
      ecchainid: ENTRY_CREDIT_CHAIN,
    },
    body: { entries: block.records.map(creditRecordView) },
    headerhash: block.headerHash,
    fullhash: block.fullHash,
  }
}

export function creditRecordView(record: EntryCreditRecord): Json {
  if (record.kind === 'minute') return { number: record.minute }
  const chain = record.kind === 'chain' ? decodeChainCommit(record.raw) : null
  const commit = chain ?? decodeEntryCommit(record.raw)
  return {
    version: 0,
    millitime: toHex(record.raw.subarray(1, 7)),
    chainidhash: chain?.chainIdHash,
    weld: chain?.weld,
    entryhash: commit.entryHash,
    credits: commit.credits,
    ecpubkey: commit.ecPublicKey,
    sig: toHex(commit.signature),
  }
}

export function adminView(raw: Uint8Array): Json {
  const block = decodeAdminBlock(raw)
  return {
    header: {
      prevbackrefhash: block.prevBackReference,
      dbheight: block.height,
      headerexpansionsize: 0,
      headerexpansionarea: '',
      messagecount: block.records.length,
      bodysize: block.bodySize,
      adminchainid: ADMIN_CHAIN,
      chainid: ADMIN_CHAIN,
    },
    abentries: block.records.map(adminRecordView),
    backreferencehash: block.backReference,
    lookuphash: block.lookupHash,
  }
}

function adminRecordView(record: AdminRecord): Json {
  switch (record.type) {
    case 1:
      return {
        adminidtype: 1,
        identityadminchainid: record.identity,
        prevdbsig: { pub: record.publicKey, sig: record.signature },
      }
    case 5:
      return { adminidtype: 5, identitychainid: record.identity, dbheight: record.height }
    case 11:
      return { adminidtype: 11, Outputs: amountsView(record.outputs, 'FA') }
  }
}

/** `null` where an entry has no external ids, as in Go. */
export function extIdsView(entry: Entry): Json {
  return entry.extIds.length === 0 ? null : entry.extIds.map(toHex)
}

/** `2026-11-21 09:41:06` in the time zone of the node. */
export function dateText(ms: number): string {
  const date = new Date(ms)
  const two = (value: number) => String(value).padStart(2, '0')
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`
  return `${day} ${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`
}
