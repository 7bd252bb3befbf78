/** A headless Chromium for tests, spoken to over its debugging pipe. */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import type { Readable, Writable } from 'node:stream'

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'chrome']

/** The executable that `PEGMINER_TEST_BROWSER` names, or the first of the usual ones; undefined if there is none. */
export function findBrowser(env: NodeJS.ProcessEnv = process.env): string | undefined {
  if (env['PEGMINER_TEST_BROWSER']) return env['PEGMINER_TEST_BROWSER']
  const folders = (env['PATH'] ?? '').split(delimiter)
  return folders.flatMap((folder) => NAMES.map((name) => join(folder, name))).find((path) => existsSync(path))
}

export interface Page {
  /** Everything that the page complained about: exceptions, console errors, refused resources. */
  readonly complaints: string[]
  goto(url: string): Promise<void>
  /** The value of an expression in the page, as JSON. */
  evaluate<T>(expression: string): Promise<T>
  /** Resolves when the expression is true. */
  until(expression: string, what?: string): Promise<void>
  press(key: string): Promise<void>
  /** Into what has the focus. */
  type(text: string): Promise<void>
  emulate(options: { dark: boolean; width: number; height: number }): Promise<void>
  /** PNG of the whole page. */
  screenshot(): Promise<Buffer>
}

export interface Browser {
  page(): Promise<Page>
  close(): Promise<void>
}

type Reply = Record<string, unknown>
type Send = (method: string, params?: object, sessionId?: string) => Promise<Reply>

const KEYS: Readonly<Record<string, number>> = { Tab: 9, Enter: 13 }
const POLL_MS = 100
const PATIENCE_MS = 60_000

export function openBrowser(executable: string): Browser {
  const profile = mkdtempSync(join(tmpdir(), 'pegminer-browser-'))
  const child = spawn(
    executable,
    [
      '--headless=new',
      '--remote-debugging-pipe',
      '--no-sandbox',
      '--disable-gpu',
      `--user-data-dir=${profile}`,
    ],
    { stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'] },
  )
  const listeners = new Map<string, (method: string, params: Reply) => void>()
  const send = speak(child, listeners)
  return {
    page: async () => {
      const { targetId } = await send('Target.createTarget', { url: 'about:blank' })
      const { sessionId } = await send('Target.attachToTarget', { targetId, flatten: true })
      return pageOf(send, sessionId as string, listeners)
    },
    close: async () => {
      const ended = once(child, 'exit')
      await send('Browser.close').catch(() => child.kill())
      await ended
      rmSync(profile, { recursive: true, force: true, maxRetries: 5 })
    },
  }
}

/** Messages are JSON with a zero byte behind each. */
function speak(child: ChildProcess, listeners: Map<string, (method: string, params: Reply) => void>): Send {
  const [, , , input, output] = child.stdio as [null, null, null, Writable, Readable]
  const waiting = new Map<number, { resolve: (reply: Reply) => void; reject: (error: Error) => void }>()
  let rest = ''
  let last = 0
  output.on('data', (chunk: Buffer) => {
    const messages = (rest + chunk.toString()).split('\0')
    rest = messages.pop() ?? ''
    for (const text of messages) {
      const message = JSON.parse(text) as {
        id?: number
        result?: Reply
        error?: { message: string }
        method?: string
        params?: Reply
        sessionId?: string
      }
      const asked = waiting.get(message.id ?? -1)
      if (asked && message.error) asked.reject(new Error(message.error.message))
      else if (asked) asked.resolve(message.result ?? {})
      else if (message.method) listeners.get(message.sessionId ?? '')?.(message.method, message.params ?? {})
    }
  })
  child.on('exit', () => {
    for (const { reject } of waiting.values()) reject(new Error('the browser has ended'))
  })
  return (method, params = {}, sessionId) =>
    new Promise((resolve, reject) => {
      const id = ++last
      waiting.set(id, { resolve, reject })
      input.write(`${JSON.stringify({ id, method, params, ...(sessionId ? { sessionId } : {}) })}\0`)
    })
}

async function pageOf(
  send: Send,
  sessionId: string,
  listeners: Map<string, (method: string, params: Reply) => void>,
): Promise<Page> {
  const complaints: string[] = []
  listeners.set(sessionId, (method, params) => {
    const { type, entry } = params as { type?: string; entry?: { level: string; text: string } }
    if (method === 'Runtime.exceptionThrown') complaints.push(JSON.stringify(params))
    if (method === 'Runtime.consoleAPICalled' && type === 'error') complaints.push(JSON.stringify(params))
    if (method === 'Log.entryAdded' && entry?.level === 'error') complaints.push(JSON.stringify(entry))
  })
  const ask: Send = (method, params) => send(method, params, sessionId)
  for (const domain of ['Runtime', 'Log', 'Page']) await ask(`${domain}.enable`)
  const evaluate = async <T>(expression: string): Promise<T> => {
    const reply = await ask('Runtime.evaluate', { expression, awaitPromise: true, returnByValue: true })
    if (reply['exceptionDetails']) throw new Error(JSON.stringify(reply['exceptionDetails']))
    return (reply['result'] as { value: T }).value
  }
  return {
    complaints,
    evaluate,
    goto: async (url) => void (await ask('Page.navigate', { url })),
    until: async (expression, what = expression) => {
      const deadline = Date.now() + PATIENCE_MS
      // A page that is just being loaded has none of what is asked for.
      while (!(await evaluate<boolean>(expression).catch(() => false))) {
        if (Date.now() > deadline) throw new Error(`the page never came to: ${what}`)
        await new Promise((resolve) => setTimeout(resolve, POLL_MS))
      }
    },
    press: async (key) => {
      const common = { key, code: key, windowsVirtualKeyCode: KEYS[key] }
      const text = key === 'Enter' ? { text: '\r' } : {}
      await ask('Input.dispatchKeyEvent', { type: 'keyDown', ...common, ...text })
      await ask('Input.dispatchKeyEvent', { type: 'keyUp', ...common })
    },
    type: async (text) => void (await ask('Input.insertText', { text })),
    emulate: async ({ dark, width, height }) => {
      await ask('Emulation.setDeviceMetricsOverride', {
        width,
        height,
        deviceScaleFactor: 1,
        mobile: width < 600,
      })
      const features = [{ name: 'prefers-color-scheme', value: dark ? 'dark' : 'light' }]
      await ask('Emulation.setEmulatedMedia', { features })
    },
    screenshot: async () => {
      const { data } = await ask('Page.captureScreenshot', { captureBeyondViewport: true, format: 'png' })
      return Buffer.from(data as string, 'base64')
    },
  }
}
