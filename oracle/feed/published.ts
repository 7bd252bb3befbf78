/**
 * What this publisher sent, newest last: written down before it is sent. The chain says what is published; this only
 * tells our own last transaction from a wrong baton, and gives back to the network what a reorganisation lost.
 */
import { join } from 'node:path'

import { appendText, readText, setAside, writeText } from './files.js'

export interface Sent {
  readonly txid: string
  readonly hex: string
  /** Height of the header in it. */
  readonly height: number
}

export interface Published {
  /** The newest last. */
  readonly recent: readonly Sent[]
  readonly head: Sent | null
  /** Heights that were sent before another branch was adopted, ascending: what it lacks of them is due again. */
  readonly owed: readonly number[]
  /** Lines that could not be read; the file as it was lies beside it. */
  readonly damaged: number
  add(sent: Sent): void
  /** Takes the last one back, which never reached the network: the one before it is the head again. */
  drop(txid: string): void
  /** Another branch of batons lives: what was sent before no longer counts. */
  adopt(txid: string): void
}

/** Older ones are confirmed so deeply that they are not needed again. */
const KEEP = 200
const REWRITE_LINES = 2_000

/**
 * What is damaged is left out: the chain knows better. `readOnly`: changes are kept in memory, since a feed that runs
 * writes the file.
 */
export function openPublished(folder: string, { readOnly = false } = {}): Published {
  const file = join(folder, 'published.jsonl')
  let recent: Sent[] = []
  let owed: readonly number[] = []
  let lines = 0
  const owe = (heights: readonly number[]): void => {
    const all = new Set([...owed, ...heights.filter((height) => height > 0)])
    owed = [...all].sort((a, b) => a - b).slice(-KEEP)
  }

  const apply = (line: Line): void => {
    if ('drop' in line) recent = recent.filter(({ txid }) => txid !== line.drop)
    else if ('owed' in line) owe(line.owed)
    else if ('adopt' in line) {
      owe(recent.map(({ height }) => height))
      recent = [{ txid: line.adopt, hex: '', height: 0 }]
    } else recent = [...recent.slice(1 - KEEP), line]
  }
  const texts = (readText(file) ?? '').split('\n')
  texts.pop() // nothing, or a line that a crash cut off
  let damaged = 0
  for (const text of texts) {
    const line = lineOf(text)
    if (line === null) damaged++
    else apply(line)
  }
  if (damaged > 0 && !readOnly) setAside(file)
  const rewrite = (): void => {
    if (readOnly) return
    const kept: readonly Line[] = [...(owed.length === 0 ? [] : [{ owed }]), ...recent]
    writeText(file, kept.map((line) => `${JSON.stringify(line)}\n`).join(''))
    lines = kept.length
  }
  rewrite()

  const put = (line: Line): void => {
    if (!readOnly) appendText(file, `${JSON.stringify(line)}\n`)
    apply(line)
    if (++lines > REWRITE_LINES) rewrite()
  }
  return {
    get recent() {
      return recent
    },
    get head() {
      return recent.at(-1) ?? null
    },
    get owed() {
      return owed
    },
    damaged,
    add: (sent) => put(sent),
    drop: (txid) => put({ drop: txid }),
    adopt: (txid) => put({ adopt: txid }),
  }
}

type Line =
  Sent | { readonly drop: string } | { readonly adopt: string } | { readonly owed: readonly number[] }

const isTxid = (value: unknown): value is string => typeof value === 'string' && /^[0-9a-f]{64}$/.test(value)

function lineOf(text: string): Line | null {
  let value: Partial<Sent> & { drop?: unknown; adopt?: unknown; owed?: unknown }
  try {
    value = JSON.parse(text) as typeof value
  } catch {
    return null
  }
  if (typeof value !== 'object' || value === null) return null
  const { txid, hex, height, drop, adopt, owed } = value
  if (isTxid(drop)) return { drop }
  if (isTxid(adopt)) return { adopt }
  if (Array.isArray(owed))
    return owed.every((at) => Number.isSafeInteger(at)) ? { owed: owed as number[] } : null
  const whole =
    isTxid(txid) && typeof hex === 'string' && /^[0-9a-f]*$/.test(hex) && Number.isSafeInteger(height)
  return whole ? { txid, hex, height: height as number } : null
}
