/**
 * What the contract modules write behind OP_RETURN: oracles, gateways, pegs, tokens (and calls of the others wrapped in
 * a token call). Ids are display order, amounts satoshis, keys 66 hex digits.
 */
import { hexBytes } from './bytes.js'
import { EVAL } from './conditions.js'
import { blob, i32, i64, id, key, list, readFields, text, u8, writeFields } from './layout.js'
import type { Field, Fields, ValuesOf } from './layout.js'
import { encodeImport, PEGS_BLOB, PEGS_LAYOUTS, readImport, type PegsOp } from './pegs-ops.js'
import { opReturn, opReturnData } from './script.js'
import type { Transaction } from './transaction.js'
import { Reader, Writer } from './wire.js'

/** The amount of a registration is the fee for one data transaction. */
const ACCOUNT = { oracleTxid: id, pubkey: key, amount: i64 }
const DEPOSITED = {
  publishers: list(34, key),
  dataTxids: list(32, id),
  height: i32,
  coinTxid: id,
  claimVout: i32,
  /** The deposit on the reference chain, hex; in the script it is text. */
  depositHex: text,
  proof: blob,
  destination: key,
  amount: i64,
}
const WITHDRAWN = { coin: text, withdrawPubkey: key, amount: i64 }
const DONE = { coin: text, completeTxid: id }

/** By op: the letter behind the module's code, the fields, and those of family B where it has others. */
const ORACLE_LAYOUTS = {
  'oracle-create': { letter: 'C', fields: { name: text, format: text, description: text } },
  'oracle-fund': { letter: 'F', fields: ACCOUNT },
  'oracle-register': { letter: 'R', fields: ACCOUNT },
  'oracle-subscribe': { letter: 'S', fields: ACCOUNT },
  'oracle-data': {
    letter: 'D',
    fields: {
      oracleTxid: id,
      /** The transaction whose output 1 is the baton before; all zeros if the chain begins here. */
      previousBaton: id,
      pubkey: key,
      data: blob,
    },
  },
} as const
const GATEWAY_LAYOUTS = {
  'gateway-bind': {
    letter: 'B',
    fields: {
      ...{ coin: text, tokenSupply: i64, oracleTxid: id, m: u8, n: u8, pubkeys: list(34, key) },
      ...{ taddr: u8, prefix: u8, prefix2: u8, wiftype: u8 },
    },
  },
  'gateway-deposit': {
    letter: 'D',
    fields: { coin: text, bindTxid: id, ...DEPOSITED },
    familyB: { tokenId: id, bindTxid: id, coin: text, ...DEPOSITED },
  },
  'gateway-claim': {
    letter: 'C',
    fields: { bindTxid: id, coin: text, depositTxid: id, destination: key, amount: i64 },
  },
  'gateway-withdraw': {
    letter: 'W',
    fields: { bindTxid: id, ...WITHDRAWN },
    /** With the key of who asks. */
    familyB: { bindTxid: id, asker: key, ...WITHDRAWN },
  },
  'gateway-partial': {
    letter: 'P',
    fields: { withdrawTxid: id, coin: text, signatures: u8, signer: key, hex: text },
  },
  'gateway-complete': {
    letter: 'S',
    fields: { withdrawTxid: id, coin: text, signatures: u8, hex: text },
  },
  /** Family B's only signing step: it is complete when there are as many signatures as the gateway needs. */
  'gateway-sign': {
    letter: 'S',
    fields: {
      ...{ withdrawTxid: id, lastTxid: id, signers: list(34, key), coin: text },
      ...{ signatures: u8, hex: text },
    },
  },
  'gateway-done': {
    letter: 'M',
    fields: { withdrawTxid: id, ...DONE },
    /** With the key of who says so. */
    familyB: { withdrawTxid: id, teller: key, ...DONE },
  },
} as const

/** What a token transfer carries for another module: its blob number and the op. */
interface TokenBlob {
  readonly id: number
  readonly op: GatewayOp | PegsOp | null
  readonly raw: string
}

/** In display order, unlike everywhere else. */
const tokenId: Field<string> = {
  read: (reader) => reader.hex(32),
  write: (writer, value) => writer.hex(value),
}
const rest: Field<string> = {
  read: (reader) => reader.hex(reader.left),
  write: (writer, value) => writer.hex(value),
}
const owners: Field<readonly string[]> = {
  read: (reader) => Array.from({ length: reader.u8() }, () => readOwner(reader)),
  write(writer, all) {
    writer.u8(all.length)
    for (const owner of all) writer.blob(owner)
  },
}
const blobs: Field<readonly TokenBlob[]> = {
  read(reader) {
    const found: TokenBlob[] = []
    while (reader.left > 0) {
      const id = reader.u8()
      const raw = reader.blob()
      const inner = decodeOp(raw)
      found.push({ id, raw, op: inner && (isGatewayOp(inner) || isPegsOp(inner)) ? inner : null })
    }
    return found
  },
  write(writer, all) {
    for (const { id, op, raw } of all) writer.u8(id).blob(op ? encodeOp(op) : raw)
  },
}
const TOKEN_LAYOUTS = {
  /** `extra` is what follows the description, hex. */
  'token-create': { letter: 'c', fields: { pubkey: key, name: text, description: text, extra: rest } },
  /** Whose the tokens are now; an exchange out of the pool of a peg names an empty key beside. */
  'token-transfer': { letter: 't', fields: { tokenId, owners, blobs } },
} as const

interface Layout {
  readonly letter: string
  readonly fields: Fields
  readonly familyB?: Fields
}
type Layouts = Readonly<Record<string, Layout>>

/** All layouts, family A's before family B's. */
const LAYOUTS = (
  [
    [EVAL.oracles, ORACLE_LAYOUTS],
    [EVAL.gateways, GATEWAY_LAYOUTS],
    [EVAL.tokens, TOKEN_LAYOUTS],
    [EVAL.pegs, PEGS_LAYOUTS],
  ] satisfies [string, Layouts][]
).flatMap(([code, layouts]) =>
  Object.entries<Layout>(layouts).flatMap(([op, { letter, fields, familyB }]) =>
    [fields, familyB ?? []].flat().map((each) => ({ op, code, letter, fields: each })),
  ),
)
type OneLayout = (typeof LAYOUTS)[number]

/** What only family B writes is absent in ops of the other. */
type FamilyB<L> = L extends { readonly familyB: infer F } ? Partial<ValuesOf<F>> : unknown
type OpsOf<L extends Layouts> = {
  [K in keyof L]: { readonly op: K } & ValuesOf<L[K]['fields']> & FamilyB<L[K]>
}[keyof L]

export type OracleOp = OpsOf<typeof ORACLE_LAYOUTS>
export type GatewayOp = OpsOf<typeof GATEWAY_LAYOUTS>
export type ModuleOp = OracleOp | GatewayOp | OpsOf<typeof TOKEN_LAYOUTS> | PegsOp
export type OpOf<K extends ModuleOp['op']> = Extract<ModuleOp, { op: K }>

/** Blob number of gateway calls in a token transfer. */
export const GATEWAY_BLOB = 0x13

/** Writes an op's payload: the bytes that are pushed behind OP_RETURN, hex. */
export function encodeOp(op: ModuleOp): string {
  if (op.op === 'pegs-get') return encodeImport(op)
  const has = new Set(Object.entries(op).flatMap(([name, value]) => (value === undefined ? [] : name)))
  const { code, letter, fields } = LAYOUTS.findLast(
    (layout) => layout.op === op.op && Object.keys(layout.fields).every((name) => has.has(name)),
  ) as OneLayout
  const writer = new Writer().hex(code).bytes(Buffer.from(letter, 'latin1'))
  return writeFields(writer, fields, op as never).doneHex()
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
  if (code === EVAL.importCoin) return readImport(reader)
  const letter = String.fromCharCode(reader.u8())
  return either(
    reader,
    LAYOUTS.filter((layout) => layout.code === code && layout.letter === letter),
  )
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

/** What a ticker looks like. */
const COIN = /^[0-9A-Za-z._-]{1,32}$/

/**
 * Family A's layout if it takes all bytes and its ticker looks like one; else family B's, if that takes all bytes. The
 * ids and keys that stand in B's place of the ticker look like none.
 */
function either(reader: Reader, [a, b]: readonly OneLayout[]): ModuleOp | null {
  const start = reader.at
  const read = ({ op, fields }: OneLayout) => {
    reader.at = start
    return { op, ...readFields(reader, fields) } as unknown as ModuleOp
  }
  const whole = (layout: OneLayout): ModuleOp | null => {
    try {
      const op = read(layout)
      return reader.left === 0 ? op : null
    } catch {
      return null
    }
  }
  if (a === undefined) return null
  if (b === undefined) return read(a)
  const first = whole(a)
  if (first && 'coin' in first && COIN.test(first.coin)) return first
  return whole(b) ?? read(a)
}
