/** Questions on the terminal. None is asked where a program reads the output, or where there is no terminal. */
import { openKeyboard, type KeyInput } from '../service/keyboard.js'
import type { WalletContext } from './context.js'

type Asking = Pick<WalletContext, 'stdin' | 'stderr' | 'output' | 'signal'>

/** A line that is typed without being shown; undefined where there is no terminal to ask on. */
export async function askSecret(context: Asking, question: string): Promise<string | undefined> {
  const line = typed(context, { question, shown: false })
  return line && (await line)
}

/** Whether the answer is yes; undefined where there is no terminal to ask on. */
export async function askYes(context: Asking, question: string): Promise<boolean | undefined> {
  const line = typed(context, { question: `${question} [y/N]`, shown: true })
  return line && /^y(es)?$/i.test((await line).trim())
}

const [ENTER, BACKSPACE, CLEAR, END] = [/^[\r\n]$/, /^[\u007f\b]$/, '\u0015', '\u0004']

/** The terminal is raw meanwhile: what is typed is put together here. */
function typed(
  { stdin, stderr, output, signal }: Asking,
  { question, shown }: { readonly question: string; readonly shown: boolean },
): Promise<string> | undefined {
  if (output.json || (stdin as KeyInput).isTTY !== true) return undefined
  signal.throwIfAborted()
  return new Promise((resolve, reject) => {
    let line = ''
    const over = (finish: () => void): void => {
      keyboard?.close()
      signal.removeEventListener('abort', cut)
      stderr.write('\n')
      finish()
    }
    const cut = (): void => over(() => reject(signal.reason as Error))
    const keyboard = openKeyboard(stdin, (key) => {
      if (ENTER.test(key) || (key === END && line === '')) over(() => resolve(line))
      else if (BACKSPACE.test(key)) {
        if (shown && line !== '') stderr.write('\b \b')
        line = [...line].slice(0, -1).join('')
      } else if (key === CLEAR) {
        if (shown) stderr.write('\b \b'.repeat([...line].length))
        line = ''
      } else if (key >= ' ') {
        line += key
        if (shown) stderr.write(key)
      }
    })
    if (!keyboard) return reject(new TypeError('the terminal cannot be read'))
    signal.addEventListener('abort', cut, { once: true })
    stderr.write(`${question}: `)
  })
}
