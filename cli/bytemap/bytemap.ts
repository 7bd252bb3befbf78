/** `pegminer bytemap build|info|verify`. */
import { homedir } from 'node:os'

import { hexOfWord } from '../../base/index.js'
import {
  buildByteMap,
  byteMapInfo,
  openByteMap,
  verifyByteMapFile,
  type ByteMapFacts,
  type LxrParams,
} from '../../lxrhash/index.js'
import { paramFacts, paramsOf } from './open.js'
import { runAction } from '../program/actions.js'
import { EXIT, type CommandContext } from '../program/context.js'
import { bytesText, durationText, tilde } from '../view/format.js'
import type { BytemapKey } from '../program/keys.js'
import { BESIDE, requireMemory } from '../service/memory.js'
import { createProgress, type Progress } from '../view/progress.js'
import { factPrinter } from '../view/facts.js'

type Context = CommandContext<BytemapKey>
type Facts = ByteMapFacts & { readonly origin?: 'opened' | 'built' }

const ACTIONS = {
  build: { run: (context: Context) => act(context, build) },
  info: { run: (context: Context) => act(context, info) },
  verify: { run: (context: Context) => act(context, verifyByteMapFile) },
}

export const bytemap = (context: Context): Promise<number> => runAction('bytemap', ACTIONS, context)

async function act(
  context: Context,
  factsOf: (params: LxrParams, options: ActionOptions) => Promise<Facts | null>,
): Promise<number> {
  const params = paramsOf(context.settings)
  requireMemory({ map: 2 ** params.bits, beside: BESIDE.hashing }, (text) => context.log.warn(text))
  const progress = createProgress(context, `ByteMap 2^${params.bits} (${bytesText(2 ** params.bits)})`)
  const dir = context.settings['lxrhash.dir']
  const options = {
    dir,
    signal: context.signal,
    onProgress: progress.show,
    onNotice: progress.notice,
    force: context.settings['lxrhash.force'],
  }
  let facts: Facts | null
  try {
    facts = await factsOf(params, options)
  } finally {
    progress.end()
  }
  if (facts === null) showMissing(context, params, await byteMapInfo(params, dir))
  else showFacts(context, params, facts)
  return EXIT.done
}

interface ActionOptions {
  readonly dir: string | undefined
  readonly signal: AbortSignal
  readonly onProgress: Progress['show']
  readonly onNotice: Progress['notice']
  readonly force: boolean
}

function build(params: LxrParams, { force, ...options }: ActionOptions): Promise<Facts> {
  return force
    ? buildByteMap(params, { ...options, slots: 1 })
    : openByteMap(params, { ...options, slots: 1 })
}

/** Null if there is no file. The SHA-256 is that of the bytes on the disk, so they are read. */
async function info(params: LxrParams, options: ActionOptions): Promise<Facts | null> {
  const { fileBytes } = await byteMapInfo(params, options.dir)
  return fileBytes === null ? null : verifyByteMapFile(params, options)
}

const PROOF = {
  known: 'the right one, by its known SHA-256',
  'side file': 'as it was when it was built',
  none: 'unknown parameters: only the frequency of its bytes could be checked',
} as const

function showFacts({ output }: Context, params: LxrParams, facts: Facts): void {
  const { file, sha256, proof, origin, milliseconds } = facts
  output.event({
    event: 'bytemap',
    phase: 'ready',
    ...paramFacts(params),
    file,
    sha256,
    proof,
    origin: origin ?? 'opened',
    milliseconds: Math.round(milliseconds),
  })
  const fact = factPrinter(output)
  paramLines(params, file).forEach(([label, value]) => fact(label, value))
  fact('sha-256', sha256)
  fact(
    '',
    `${PROOF[proof]}; ${origin === 'built' ? 'built' : 'read and checked'} in ${durationText(milliseconds)}`,
  )
}

function showMissing(
  { output }: Context,
  params: LxrParams,
  found: { file: string; proof: { sha256: string | undefined } },
): void {
  const sha256 = found.proof.sha256 ?? null
  output.event({ event: 'bytemap', phase: 'missing', ...paramFacts(params), file: found.file, sha256 })
  const fact = factPrinter(output)
  paramLines(params, found.file).forEach(([label, value]) => fact(label, value))
  fact('sha-256', sha256 === null ? 'unknown until it is built' : `${sha256} (once it is built)`)
  fact('', `there is no file yet: pegminer bytemap build --bits ${params.bits}`)
}

function paramLines({ bits, seed, passes }: LxrParams, file: string): [label: string, value: string][] {
  return [
    ['file', tilde(file, homedir())],
    ['size', `2^${bits} bytes (${bytesText(2 ** bits)})`],
    ['seed', `${hexOfWord(seed)}, ${passes} ${passes === 1 ? 'pass' : 'passes'}`],
  ]
}
