/** The status page of a real run in a real browser. Only where `PEGMINER_TEST_BROWSER` says so. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import t from 'tap'

import { findBrowser, openBrowser } from './browser.js'

const MAIN = new URL('../dist/cli/main.js', import.meta.url).pathname
const wanted = (process.env['PEGMINER_TEST_BROWSER'] ?? '') !== ''
const browserPath = findBrowser()
const skip = !wanted
  ? 'set PEGMINER_TEST_BROWSER to the path of a Chromium to run it'
  : browserPath === undefined && 'no browser was found'

/** Mines until `stop`. Resolves when the first event with the address of the page is there. */
async function mine(dataDir: string, port: number) {
  const words = [
    'mine',
    '--network',
    'dev',
    '--bits',
    '12',
    '-t',
    '2',
    '--block-seconds',
    '10',
    '--rivals',
    '3',
  ]
  const child = spawn(
    process.execPath,
    [
      MAIN,
      ...words,
      '--records',
      '3',
      '--data-dir',
      dataDir,
      '--dir',
      dataDir,
      '--metrics-port',
      String(port),
      '--json',
    ],
    { stdio: ['ignore', 'pipe', 'ignore'] },
  )
  for await (const line of createInterface({ input: child.stdout })) {
    const event = JSON.parse(line) as { event: string; metrics: string }
    if (event.event !== 'start') continue
    child.stdout.resume()
    return {
      url: event.metrics.replace('/metrics', ''),
      stop: async () => {
        const ended = once(child, 'exit')
        child.kill('SIGINT')
        await ended
      },
    }
  }
  throw new Error('the miner did not start')
}

t.test('the status page', { skip }, async (t) => {
  const dataDir = t.testdir()
  let miner = await mine(dataDir, 0)
  t.teardown(() => miner.stop())
  const browser = openBrowser(browserPath!)
  t.teardown(() => browser.close())
  const page = await browser.page()
  const text = (id: string) => page.evaluate<string>(`document.getElementById('${id}').textContent`)
  await page.emulate({ dark: false, width: 1280, height: 900 })
  await page.goto(miner.url)

  await page.until("document.querySelectorAll('#prices .price').length === 62", 'prices of all assets')
  await page.until("document.querySelectorAll('#threads tr').length === 2", 'both threads')
  await page.until("document.querySelector('#chart canvas') !== null", 'the chart')
  await page.until(
    "/^[1-9]/.test(document.getElementById('acknowledged').textContent)",
    'records on the chain',
  )
  await page.until("document.querySelectorAll('#blocks td').length > 3", 'a graded block')
  const summary = (await (await fetch(`${miner.url}/api/v1/summary`)).json()) as {
    entries: { acknowledged: number }
  }
  t.equal(await text('network'), 'dev')
  await page.until(
    `Number(document.getElementById('acknowledged').textContent) >= ${summary.entries.acknowledged}`,
    'the true number',
  )
  await page.until(
    `fetch('/api/v1/prices').then((reply) => reply.json()).then(({ assets }) =>
      document.getElementById('priced').textContent ===
      assets.filter(({ usd }) => usd !== null).length + ' of ' + assets.length)`,
    'as many prices as there are',
  )
  t.same(page.complaints, [], 'nothing to complain about')

  for (const width of [390, 1280])
    for (const dark of [false, true]) {
      await page.emulate({ dark, width, height: 800 })
      await page.until(`document.documentElement.scrollWidth <= ${width}`, `fits ${width} px`)
      const contrast = await page.evaluate<number>(CONTRAST)
      t.ok(contrast >= 4.5, `readable, ${dark ? 'dark' : 'light'} at ${width} px: ${contrast}`)
    }

  await page.press('Tab')
  t.equal(
    await page.evaluate('document.activeElement.className'),
    'skip',
    'the first key leads past the head',
  )
  await page.press('Enter')
  await page.until("document.activeElement.id === 'main'")
  for (let k = 0; k < 12 && (await page.evaluate('document.activeElement.tagName')) !== 'SUMMARY'; k++)
    await page.press('Tab')
  await page.press('Enter')
  await page.until(
    "document.querySelectorAll('#settings tr').length > 10 && document.getElementById('settings-box').open",
    'settings by keyboard',
  )

  const port = Number(new URL(miner.url).port)
  await miner.stop()
  await page.until("!document.getElementById('lost').hidden", 'it says that nobody answers')
  miner = await mine(dataDir, port)
  await page.until("document.getElementById('lost').hidden", 'it goes on by itself')
  await page.until("document.querySelectorAll('#prices .price').length === 62")
  t.notMatch(page.complaints.join(), /exception/i)
})

/** The least contrast of text against its ground, by the formula of WCAG 2. */
const CONTRAST = `(() => {
  const light = ([r, g, b]) => [r, g, b].map((c) => (c /= 255) <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
    .reduce((sum, c, k) => sum + c * [0.2126, 0.7152, 0.0722][k], 0)
  const parse = (text) => (text.match(/[\\d.]+/g) ?? []).map(Number)
  const ground = (node) => {
    for (let at = node; at; at = at.parentElement) {
      const color = parse(getComputedStyle(at).backgroundColor)
      if (color.length === 3 || color[3] > 0) return color
    }
    return [255, 255, 255]
  }
  const texts = [...document.querySelectorAll('main *, header *, footer *')].filter((node) => node.checkVisibility() &&
    [...node.childNodes].some((child) => child.nodeType === 3 && child.textContent.trim() !== ''))
  return Math.min(...texts.map((node) => {
    const [a, b] = [light(parse(getComputedStyle(node).color)), light(ground(node))].sort((x, y) => y - x)
    return Math.round(100 * (a + 0.05) / (b + 0.05)) / 100
  }))
})()`
