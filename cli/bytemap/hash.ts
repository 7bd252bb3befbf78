/** `pegminer hash`: LXRHash of hex inputs. */
import { shown } from '../../config/index.js'
import { createHasher } from '../../lxrhash/index.js'
import { openMap, paramsOf } from './open.js'
import type { HashKey } from '../program/keys.js'
import { EXIT, type CommandContext } from '../program/context.js'
import { fail } from '../program/errors.js'
import { plural } from '../view/format.js'
import { linesOf } from '../view/columns.js'

type Context = CommandContext<HashKey>

/** 1 MiB of input; hashing it takes seconds, and nothing of PegNet is longer than 10 KiB. */
const MAX_HEX_DIGITS = 2 * 1024 * 1024

export async function hash(context: Context): Promise<number> {
  const { output, positionals, signal, stdin, stderr } = context
  const fromArguments = positionals.length > 0
  // Arguments are checked first, so that no ByteMap is opened for a call that cannot succeed.
  const inputs = fromArguments ? positionals.map((text, k) => bytesOf(text, `argument ${k + 1}`)) : undefined
  const map = await openMap(context, { params: paramsOf(context.settings), slots: 1 })
  const hasher = createHasher(map, 0)
  const print = (input: Uint8Array): void => {
    const digest = Buffer.from(hasher.hash(input)).toString('hex')
    output.line(digest)
    output.event({ event: 'hash', input: Buffer.from(input).toString('hex'), hash: digest })
  }
  if (inputs) {
    inputs.forEach(print)
    return EXIT.done
  }
  if ('isTTY' in stdin && stdin.isTTY === true) stderr.write('hex, one input a line; Ctrl-D ends\n')
  let done = 0
  for await (const line of linesOf(stdin, MAX_HEX_DIGITS, signal)) {
    signal.throwIfAborted()
    print(bytesOf(line.trim(), `line ${done + 1}`, done))
    done++
    await output.drained()
  }
  signal.throwIfAborted()
  return EXIT.done
}

function bytesOf(text: string, where: string, done = 0): Uint8Array {
  const before = done === 0 ? '' : ` (${plural(done, 'line')} before it done)`
  if (!/^[0-9a-f]*$/i.test(text)) throw fail('E_CLI_HEX', `${where} is not hex: ${shown(text)}${before}`)
  if (text.length % 2 === 1)
    throw fail(
      'E_CLI_HEX',
      `${where} has an odd number of hex digits (${text.length}): ${shown(text)}${before}`,
    )
  if (text.length > MAX_HEX_DIGITS)
    throw fail('E_CLI_HEX', `${where} is longer than ${MAX_HEX_DIGITS / 2} bytes${before}`)
  return Buffer.from(text, 'hex')
}
