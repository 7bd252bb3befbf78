/**
 * What the contract modules write behind OP_RETURN: oracles, gateways, pegs, tokens (and calls of the others wrapped in
 * a token call). Ids are display order, amounts satoshis, keys 66 hex digits.
 */
import { hexBytes } from './bytes.js'
import { EVAL } from './conditions.js'
import { encodePegsOp, PEGS_BLOB, readImport, readPegsOp, readPubkey, type PegsOp } from './pegs-ops.js'
import { opReturn, opReturnData } from './script.js'
import type { Transaction } from './transaction.js'
import { Reader, Writer } from './wire.js'

export type OracleOp =
  | {
      readonly op: 'oracle-create'
      readonly name: string
      readonly description: string
      readonly format: string
    }
  | {
      readonly op: 'oracle-fund' | 'oracle-register' | 'oracle-subscribe'
      readonly oracleTxid: string
      readonly pubkey: string
      /** Of a registration: the fee for one data transaction. */
      readonly amount: bigint
    }
  | {
      readonly op: 'oracle-data'
      readonly oracleTxid: string
      /** The transaction whose output 1 is the baton before; all zeros if the chain begins here. */
      readonly previousBaton: string
      readonly pubkey: string
      /** Hex. */
      readonly data: string
    }

export type GatewayOp =
  | {
      readonly op: 'gateway-bind'
      readonly coin: string
      readonly tokenSupply: bigint
      readonly oracleTxid: string
      readonly m: number
      readonly n: number
      readonly pubkeys: readonly string[]
      readonly taddr: number
      readonly prefix: number
      readonly prefix2: number
      readonly wiftype: number
    }
  | {
      readonly op: 'gateway-deposit'
      /** Only family B writes it. */
      readonly tokenId?: string
      readonly coin: string
      readonly bindTxid: string
      readonly publishers: readonly string[]
      readonly dataTxids: readonly string[]
      readonly height: number
      readonly coinTxid: string
      readonly claimVout: number
      /** The deposit on the reference chain, hex; in the script it is text. */
      readonly depositHex: string
      readonly proof: string
      readonly destination: string
      readonly amount: bigint
    }
  | {
      readonly op: 'gateway-claim'
      readonly bindTxid: string
      readonly coin: string
      readonly depositTxid: string
      readonly destination: string
      readonly amount: bigint
    }
  | {
      readonly op: 'gateway-withdraw'
      readonly bindTxid: string
      /** Who asks; only family B writes it. */
      readonly asker?: string
      readonly coin: string
      readonly withdrawPubkey: string
      readonly amount: bigint
    }
  | {
      readonly op: 'gateway-partial'
      readonly withdrawTxid: string
      readonly coin: string
      readonly signatures: number
      readonly signer: string
      readonly hex: string
    }
  | {
      readonly op: 'gateway-complete'
      readonly withdrawTxid: string
      readonly coin: string
      readonly signatures: number
      readonly hex: string
    }
  /** Family B's only signing step: it is complete when there are as many signatures as the gateway needs. */
  | {
      readonly op: 'gateway-sign'
      readonly withdrawTxid: string
      readonly lastTxid: string
      readonly signers: readonly string[]
      readonly coin: string
      readonly signatures: number
      readonly hex: string
    }
  | {
      readonly op: 'gateway-done'
      readonly withdrawTxid: string
      /** Who says so; only family B writes it. */
      readonly teller?: string
      readonly coin: string
      readonly completeTxid: string
    }

/** What a token transfer carries for another module: its blob number and the op. */
export interface TokenBlob {
  readonly id: number
  readonly op: GatewayOp | PegsOp | null
  readonly raw: string
}

export type TokenOp =
  | {
      readonly op: 'token-create'
      readonly pubkey: string
      readonly name: string
      readonly description: string
      /** Hex behind the description. */
      readonly extra: string
    }
  | {
      readonly op: 'token-transfer'
      readonly tokenId: string
      /** Whose the tokens are now; an exchange out of the pool of a peg names an empty key beside. */
      readonly owners: readonly string[]
      readonly blobs: readonly TokenBlob[]
    }

type GatewayOpOf<K extends GatewayOp['op']> = Extract<GatewayOp, { op: K }>

export type ModuleOp = OracleOp | GatewayOp | TokenOp | PegsOp

/** Blob number of gateway calls in a token transfer. */
export const GATEWAY_BLOB = 0x13

const LETTER = { fund: 'F', register: 'R', subscribe: 'S' } as const

/** Writes an op's payload: the bytes that are pushed behind OP_RETURN, hex. */
export function encodeOp(op: ModuleOp): string {
  const writer = new Writer()
  const head = (code: string, letter: string) => writer.hex(code).bytes(Buffer.from(letter, 'latin1'))
  switch (op.op) {
    case 'oracle-create':
      return head(EVAL.oracles, 'C').text(op.name).text(op.format).text(op.description).doneHex()
    case 'oracle-fund':
    case 'oracle-register':
    case 'oracle-subscribe': {
      const letter = LETTER[op.op.slice('oracle-'.length) as keyof typeof LETTER]
      return head(EVAL.oracles, letter).id(op.oracleTxid).blob(op.pubkey).i64(op.amount).doneHex()
    }
    case 'oracle-data':
      head(EVAL.oracles, 'D').id(op.oracleTxid).id(op.previousBaton)
      return writer.blob(op.pubkey).blob(op.data).doneHex()
    case 'gateway-bind':
      head(EVAL.gateways, 'B').text(op.coin).i64(op.tokenSupply).id(op.oracleTxid).u8(op.m).u8(op.n)
      writer.list(op.pubkeys, (pubkey) => void writer.blob(pubkey))
      return writer.u8(op.taddr).u8(op.prefix).u8(op.prefix2).u8(op.wiftype).doneHex()
    case 'gateway-deposit':
      head(EVAL.gateways, 'D')
      if (op.tokenId === undefined) writer.text(op.coin).id(op.bindTxid)
      else writer.id(op.tokenId).id(op.bindTxid).text(op.coin)
      writer.list(op.publishers, (pubkey) => void writer.blob(pubkey))
      writer.list(op.dataTxids, (txid) => void writer.id(txid))
      writer.u32(op.height).id(op.coinTxid).u32(op.claimVout).text(op.depositHex).blob(op.proof)
      return writer.blob(op.destination).i64(op.amount).doneHex()
    case 'gateway-claim':
      head(EVAL.gateways, 'C').id(op.bindTxid).text(op.coin).id(op.depositTxid)
      return writer.blob(op.destination).i64(op.amount).doneHex()
    case 'gateway-withdraw':
      head(EVAL.gateways, 'W').id(op.bindTxid)
      if (op.asker !== undefined) writer.blob(op.asker)
      return writer.text(op.coin).blob(op.withdrawPubkey).i64(op.amount).doneHex()
    case 'gateway-partial':
      head(EVAL.gateways, 'P').id(op.withdrawTxid).text(op.coin).u8(op.signatures)
      return writer.blob(op.signer).text(op.hex).doneHex()
    case 'gateway-complete':
      return head(EVAL.gateways, 'S')
        .id(op.withdrawTxid)
        .text(op.coin)
        .u8(op.signatures)
        .text(op.hex)
        .doneHex()
    case 'gateway-sign':
      head(EVAL.gateways, 'S').id(op.withdrawTxid).id(op.lastTxid)
      writer.list(op.signers, (pubkey) => void writer.blob(pubkey))
      return writer.text(op.coin).u8(op.signatures).text(op.hex).doneHex()
    case 'gateway-done':
      head(EVAL.gateways, 'M').id(op.withdrawTxid)
      if (op.teller !== undefined) writer.blob(op.teller)
      return writer.text(op.coin).id(op.completeTxid).doneHex()
    case 'token-create':
      head(EVAL.tokens, 'c').blob(op.pubkey).text(op.name).text(op.description)
      return writer.hex(op.extra).doneHex()
    case 'token-transfer':
      // The token's id stands in display order here, unlike everywhere else.
      head(EVAL.tokens, 't').hex(op.tokenId).u8(op.owners.length)
      for (const owner of op.owners) writer.blob(owner)
      for (const blob of op.blobs) writer.u8(blob.id).blob(blob.op ? encodeOp(blob.op) : blob.raw)
      return writer.doneHex()
    default:
      return encodePegsOp(op)
  }
}

/** The OP_RETURN script of an op. */
export function opScript(op: ModuleOp): string {
  return opReturn(encodeOp(op))
}

/** Reads a payload (hex); `null` for other modules, unknown letters, and payloads that break the layout. */
export function decodeOp(payload: string): ModuleOp | null {
  try {
    const reader = new Reader(hexBytes(payload), 'op')
    const op = readOp(reader)
    if (op) reader.end()
    return op
  } catch {
    return null
  }
}

function readOp(reader: Reader): ModuleOp | null {
  const code = reader.hex(1)
  if (code === EVAL.pegs) return readPegsOp(reader)
  if (code === EVAL.importCoin) return readImport(reader)
  const letter = String.fromCharCode(reader.u8())
  if (code === EVAL.oracles) return readOracleOp(reader, letter)
  if (code === EVAL.gateways) return readGatewayOp(reader, letter)
  return code === EVAL.tokens ? readTokenOp(reader, letter) : null
}

/** The op of a transaction: that of its last output. */
export function opOf(tx: Transaction): ModuleOp | null {
  const data = opReturnData(tx.outputs.at(-1)?.script ?? '')
  return data === null ? null : decodeOp(data)
}

/** The gateway op of a transaction, be it wrapped in a token transfer or not, and the token's id if it is. */
export function gatewayOpOf(
  tx: Transaction,
): { readonly op: GatewayOp; readonly tokenId: string | null } | null {
  const op = opOf(tx)
  if (op?.op === 'token-transfer') {
    const inner = op.blobs.find(({ id }) => id === GATEWAY_BLOB)?.op
    return inner && isGatewayOp(inner) ? { op: inner, tokenId: op.tokenId } : null
  }
  return op && isGatewayOp(op) ? { op, tokenId: null } : null
}

/** The Pegs op of a transaction, wrapped in a token transfer or not, and the token's id, if it names one. */
export function pegsOpOf(tx: Transaction): { readonly op: PegsOp; readonly tokenId: string | null } | null {
  const op = opOf(tx)
  if (op?.op === 'token-transfer') {
    const inner = op.blobs.find(({ id }) => id === PEGS_BLOB)?.op
    return inner && isPegsOp(inner) ? { op: inner, tokenId: op.tokenId } : null
  }
  if (op === null || !isPegsOp(op)) return null
  return { op, tokenId: op.op === 'pegs-get' ? op.tokenId : null }
}

export function isGatewayOp(op: ModuleOp): op is GatewayOp {
  return op.op.startsWith('gateway-')
}

export function isPegsOp(op: ModuleOp): op is PegsOp {
  return op.op.startsWith('pegs-')
}

function readOwner(reader: Reader): string {
  const pubkey = reader.blob()
  if (pubkey.length !== 66 && pubkey !== '') throw reader.bad('has a key that is not of 33 bytes')
  return pubkey
}

function readOracleOp(reader: Reader, letter: string): OracleOp | null {
  switch (letter) {
    case 'C': {
      const name = reader.text()
      const format = reader.text()
      return { op: 'oracle-create', name, format, description: reader.text() }
    }
    case 'F':
    case 'R':
    case 'S': {
      const op = letter === 'F' ? 'oracle-fund' : letter === 'R' ? 'oracle-register' : 'oracle-subscribe'
      return { op, oracleTxid: reader.id(), pubkey: readPubkey(reader), amount: reader.i64() }
    }
    case 'D':
      return {
        op: 'oracle-data',
        oracleTxid: reader.id(),
        previousBaton: reader.id(),
        pubkey: readPubkey(reader),
        data: reader.blob(),
      }
    default:
      return null
  }
}

function readGatewayOp(reader: Reader, letter: string): GatewayOp | null {
  switch (letter) {
    case 'B':
      return readBind(reader)
    case 'D':
      return either(reader, readDeposit, (reader) => readDeposit(reader, true))
    case 'C':
      return {
        op: 'gateway-claim',
        bindTxid: reader.id(),
        coin: reader.text(),
        depositTxid: reader.id(),
        destination: readPubkey(reader),
        amount: reader.i64(),
      }
    case 'W':
      return either(reader, readWithdraw, (reader) => readWithdraw(reader, true))
    case 'P':
      return {
        op: 'gateway-partial',
        withdrawTxid: reader.id(),
        coin: reader.text(),
        signatures: reader.u8(),
        signer: readPubkey(reader),
        hex: reader.text(),
      }
    case 'S':
      return either(reader, readComplete, readSign)
    case 'M':
      return either(reader, readDone, (reader) => readDone(reader, true))
    default:
      return null
  }
}

/** What a ticker looks like. */
const COIN = /^[0-9A-Za-z._-]{1,32}$/

/**
 * Family A's layout if it takes all bytes and its ticker looks like one; else family B's, if that takes all bytes. The
 * ids and keys that stand in B's place of the ticker look like none.
 */
function either(
  reader: Reader,
  a: (reader: Reader) => GatewayOp & { readonly coin: string },
  b: (reader: Reader) => GatewayOp,
): GatewayOp {
  const start = reader.at
  const whole = <T>(read: (reader: Reader) => T): T | null => {
    reader.at = start
    try {
      const op = read(reader)
      return reader.left === 0 ? op : null
    } catch {
      return null
    }
  }
  const first = whole(a)
  if (first && COIN.test(first.coin)) return first
  const second = whole(b)
  if (second) return second
  reader.at = start
  return a(reader)
}

function readWithdraw(reader: Reader, withAsker = false): GatewayOpOf<'gateway-withdraw'> {
  return {
    op: 'gateway-withdraw',
    bindTxid: reader.id(),
    ...(withAsker ? { asker: readPubkey(reader) } : {}),
    coin: reader.text(),
    withdrawPubkey: readPubkey(reader),
    amount: reader.i64(),
  }
}

function readComplete(reader: Reader): GatewayOpOf<'gateway-complete'> {
  return {
    op: 'gateway-complete',
    withdrawTxid: reader.id(),
    coin: reader.text(),
    signatures: reader.u8(),
    hex: reader.text(),
  }
}

function readSign(reader: Reader): GatewayOpOf<'gateway-sign'> {
  return {
    op: 'gateway-sign',
    withdrawTxid: reader.id(),
    lastTxid: reader.id(),
    signers: reader.list(34, () => readPubkey(reader)),
    coin: reader.text(),
    signatures: reader.u8(),
    hex: reader.text(),
  }
}

function readDone(reader: Reader, withTeller = false): GatewayOpOf<'gateway-done'> {
  return {
    op: 'gateway-done',
    withdrawTxid: reader.id(),
    ...(withTeller ? { teller: readPubkey(reader) } : {}),
    coin: reader.text(),
    completeTxid: reader.id(),
  }
}

function readBind(reader: Reader): GatewayOp {
  return {
    op: 'gateway-bind',
    coin: reader.text(),
    tokenSupply: reader.i64(),
    oracleTxid: reader.id(),
    m: reader.u8(),
    n: reader.u8(),
    pubkeys: reader.list(34, () => readPubkey(reader)),
    taddr: reader.u8(),
    prefix: reader.u8(),
    prefix2: reader.u8(),
    wiftype: reader.u8(),
  }
}

function readDeposit(reader: Reader, withToken = false): GatewayOpOf<'gateway-deposit'> {
  const tokenId = withToken ? reader.id() : undefined
  const names = withToken
    ? { bindTxid: reader.id(), coin: reader.text() }
    : { coin: reader.text(), bindTxid: reader.id() }
  return {
    op: 'gateway-deposit',
    ...(tokenId === undefined ? {} : { tokenId }),
    ...names,
    publishers: reader.list(34, () => readPubkey(reader)),
    dataTxids: reader.list(32, () => reader.id()),
    height: reader.i32(),
    coinTxid: reader.id(),
    claimVout: reader.i32(),
    depositHex: reader.text(),
    proof: reader.blob(),
    destination: readPubkey(reader),
    amount: reader.i64(),
  }
}

function readTokenOp(reader: Reader, letter: string): TokenOp | null {
  if (letter === 'c') {
    const pubkey = readPubkey(reader)
    const name = reader.text()
    const description = reader.text()
    return { op: 'token-create', pubkey, name, description, extra: reader.hex(reader.left) }
  }
  if (letter !== 't') return null
  const tokenId = reader.hex(32)
  const owners = Array.from({ length: reader.u8() }, () => readOwner(reader))
  const blobs: TokenBlob[] = []
  while (reader.left > 0) {
    const id = reader.u8()
    const raw = reader.blob()
    const inner = decodeOp(raw)
    blobs.push({ id, raw, op: inner && (isGatewayOp(inner) || isPegsOp(inner)) ? inner : null })
  }
  return { op: 'token-transfer', tokenId, owners, blobs }
}
