/** The status page of a real run in a real browser. Only where `PEGMINER_TEST_BROWSER` says so. */
import { join } from 'node:path'
import t from 'tap'

import { findBrowser, openBrowser, type Page } from './browser.js'
import { start, type Event } from './fixtures/program.js'

const wanted = (process.env['PEGMINER_TEST_BROWSER'] ?? '') !== ''
const browserPath = findBrowser()
const skip = !wanted
  ? 'set PEGMINER_TEST_BROWSER to the path of a Chromium to run it'
  : browserPath === undefined && 'no browser was found'

/** Runs it until `stop`; resolves when the page is served. */
async function serve(words: readonly string[], port: number, env: NodeJS.ProcessEnv = {}) {
  const running = start([...words, '--metrics-port', String(port), '--json'], env)
  const { metrics } = (await running.event('start')) as Event & { metrics: string }
  return {
    url: metrics.replace('/metrics', ''),
    stop: async () => {
      running.child.kill('SIGINT')
      await running.ended
    },
  }
}

const mine = (dataDir: string, port: number, env?: NodeJS.ProcessEnv) =>
  serve(
    [
      ...['mine', '--network', 'dev', '--bits', '12', '-t', '2', '--block-seconds', '10', '--rivals', '26'],
      ...['--records', '3', '--data-dir', dataDir, '--dir', dataDir],
    ],
    port,
    env,
  )

/** The page fits each width in both themes, and its text can be read. */
async function looksWell(t: { ok(found: boolean, name: string): unknown }, page: Page): Promise<void> {
  for (const width of [390, 1280])
    for (const dark of [false, true]) {
      await page.emulate({ dark, width, height: 800 })
      await page.until(`document.documentElement.scrollWidth <= ${width}`, `fits ${width} px`)
      const contrast = await page.evaluate<number>(CONTRAST)
      t.ok(contrast >= 4.5, `readable, ${dark ? 'dark' : 'light'} at ${width} px: ${contrast}`)
    }
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
  await page.until("/^PEG/.test(document.querySelector('#holdings tr')?.textContent)", 'the rewards are held')
  t.match(await text('holdings-sum'), /^[\d,.]+ US dollars, after block \d+$/)
  await page.until("/^[1-9]/.test(document.getElementById('landed').textContent)", 'records on the chain')
  await page.until("document.querySelectorAll('#blocks td').length > 3", 'a graded block')
  const summary = (await (await fetch(`${miner.url}/api/v1/summary`)).json()) as {
    entries: { landed: number }
  }
  t.equal(await text('network'), 'dev')
  await page.until(
    `Number(document.getElementById('landed').textContent) >= ${summary.entries.landed}`,
    'the true number',
  )
  await page.until(
    `fetch('/api/v1/prices').then((reply) => reply.json()).then(({ assets }) =>
      document.getElementById('priced').textContent ===
      assets.filter(({ usd }) => usd !== null).length + ' of ' + assets.length)`,
    'as many prices as there are',
  )
  t.same(page.complaints, [], 'nothing to complain about')
  const across = "getComputedStyle(document.getElementById('columns')).gridTemplateColumns.split(' ').length"
  t.equal(await page.evaluate(across), 1, 'two threads do not take half of the page')
  const noFarm = "import('/machines.js').then(({ showMachines }) => showMachines({ machines: [] }))"
  await page.evaluate(noFarm)
  t.equal(await page.evaluate(across), 1, 'also after the machines were asked for')
  t.equal(await page.evaluate("document.getElementById('pause').hidden"), true, 'nothing can be changed')
  t.equal(await page.evaluate(DISPLAY('gateways')), 'none', 'no feed')
  await looksWell(t, page)

  await page.press('Tab')
  t.equal(
    await page.evaluate('document.activeElement.className'),
    'skip',
    'the first key leads past the head',
  )
  await page.press('Enter')
  await page.until("document.activeElement.id === 'main'")
  for (let k = 0; k < 40 && (await page.evaluate('document.activeElement.tagName')) !== 'SUMMARY'; k++)
    await page.press('Tab')
  await page.press('Enter')
  await page.until(
    "document.querySelectorAll('#settings tr').length > 10 && document.getElementById('settings-box').open",
    'settings by keyboard',
  )

  t.notMatch(await page.evaluate("document.querySelector('.u-legend').textContent"), /–/, 'values at rest')
  await page.until("document.querySelectorAll('#log li').length > 2", 'a log')
  await page.until("document.querySelectorAll('#chart-name option').length > 60", 'what the chart can show')
  await page.evaluate("document.querySelector('#blocks button').focus()")
  await page.press('Enter')
  await page.until(
    "document.getElementById('block-box').open && /valid/.test(document.getElementById('block-facts').textContent)",
    'a block',
  )
  await page.until("document.querySelectorAll('#block-body > *').length > 0", 'what is known of it')
  await looksWell(t, page)
  await page.evaluate("document.getElementById('block-close').click()")
  await page.evaluate("document.querySelectorAll('#chart-range button')[2].click()")
  await page.until("document.querySelectorAll('#chart-range button')[2].ariaPressed === 'true'")

  const port = Number(new URL(miner.url).port)
  const blocks = await page.evaluate<number>("document.querySelectorAll('#blocks tr').length")
  await miner.stop()
  await page.until("!document.getElementById('lost').hidden", 'it says that nobody answers')
  miner = await mine(dataDir, port)
  await page.until("document.getElementById('lost').hidden", 'it goes on by itself')
  await page.until("document.querySelectorAll('#prices .price').length === 62")
  await page.until("/this run/.test(document.getElementById('records-run').textContent)")
  await page.until(
    `document.querySelectorAll('#blocks tr').length >= ${blocks}`,
    'the blocks of the run before',
  )
  await page.until("document.querySelectorAll('#entries .good').length > 0", 'its records')
  await page.until("/start/.test(document.getElementById('log').textContent)", 'and its log')
  t.notMatch(page.complaints.join(), /exception/i)
})

t.test('pause and resume', { skip }, async (t) => {
  const token = 'a-token-of-16-characters'
  const miner = await mine(t.testdir(), 0, { PEGMINER_TELEMETRY_TOKEN: token })
  t.teardown(() => miner.stop())
  const browser = openBrowser(browserPath!)
  t.teardown(() => browser.close())
  const page = await browser.page()
  await page.goto(miner.url)
  const state = (text: string): string => `document.getElementById('state').textContent === '${text}'`
  const answer = async (text: string): Promise<void> => {
    await page.until("document.activeElement.id === 'ask-token'", 'it asks')
    await page.type(text)
    await page.press('Enter')
  }
  await page.until(state('mining'))
  await page.evaluate("document.getElementById('pause').focus()")
  await page.press('Enter')
  await answer('something else of 16')
  await page.until("document.getElementById('ask-wrong').textContent !== ''", 'a wrong token')
  t.match(await summaryOf(miner.url), { state: 'mining' })
  await answer(token)
  await page.until(state('paused'))
  t.match(await summaryOf(miner.url), { state: 'paused' })
  t.equal(await page.evaluate("document.getElementById('pause').textContent"), 'Resume')
  await page.until("document.activeElement.id === 'pause'", 'the key goes to where it was before')
  await page.press('Enter')
  await page.until(state('mining'), 'without asking again')
  t.same(await page.evaluate('[sessionStorage.length, localStorage.length, document.cookie]'), [1, 0, ''])
  t.same(
    page.complaints.filter((complaint) => !complaint.includes('401')),
    [],
  )
})

t.test('the page of a feed', { skip }, async (t) => {
  const feed = await serve(['feed', '--network', 'dev', '--data-dir', t.testdir()], 0)
  t.teardown(() => feed.stop())
  const browser = openBrowser(browserPath!)
  t.teardown(() => browser.close())
  const page = await browser.page()
  await page.goto(feed.url)
  await page.until("document.querySelectorAll('#headers td').length > 15", 'headers')
  await page.until(
    "/1 done/.test(document.getElementById('gateways').textContent)",
    'a withdrawal that is done',
  )
  await page.until(
    "/feed approve [0-9a-f]{64}/.test(document.querySelector('#gateways .stacked')?.textContent)",
    'one that waits',
  )
  await page.until(
    "[...document.querySelectorAll('#chart-name option')].some(({ value }) => value === 'lag:dev')",
  )
  await page.until(
    `fetch('/api/v1/feed').then((reply) => reply.json()).then(({ gateways: [{ headers, funds }] }) => {
      const text = document.getElementById('gateways').textContent
      return text.includes('Published' + headers.published) &&
        text.includes('Headers left' + funds.headersLeft.toLocaleString('en-US'))
    })`,
    'the true numbers',
  )
  t.match(await summaryOf(feed.url), {
    ...{ program: 'feed', state: 'relaying' },
    alerts: [{ message: 'dev: 1 withdrawal held' }],
  })
  t.equal(await page.evaluate(DISPLAY('minutes')), 'none', 'nothing of a miner')
  await looksWell(t, page)
  t.same(page.complaints, [])

  const miner = await mine(t.testdir(), 0, { PEGMINER_TELEMETRY_FEED: feed.url })
  t.teardown(() => miner.stop())
  await page.goto(miner.url)
  await page.until(
    "document.querySelectorAll('#gateways [data-gateway=dev]').length === 1",
    'a feed beside it',
  )
  t.equal(await page.evaluate(DISPLAY('minutes')), 'shown')
  await feed.stop()
  await page.until(`${DISPLAY('feed-trouble')} === 'shown'`, 'it says that the feed is gone')
  await page.until("/the feed does not answer/.test(document.getElementById('alerts').textContent)")
  t.same(page.complaints, [])
})

t.test('the page of peg-watch', { skip }, async (t) => {
  const dir = t.testdir({ 'pegminer.yaml': 'pegWatch: { every: 1s }\n' })
  const words = [
    '--network',
    'dev',
    '--scenario',
    'C',
    '--block-seconds',
    '5',
    '--metrics-port',
    '0',
    '--json',
  ]
  const files = [
    '--paper',
    join(dir, 'paper.json'),
    '--config',
    join(dir, 'pegminer.yaml'),
    '--data-dir',
    dir,
  ]
  const watch = start(['peg-watch', ...words, ...files])
  t.teardown(() => watch.kill())
  const { url } = await watch.event('peg-watch.serving')
  const browser = openBrowser(browserPath!)
  t.teardown(() => browser.close())
  const page = await browser.page()
  await page.emulate({ dark: false, width: 1280, height: 900 })
  await page.goto(String(url))
  const text = "document.getElementById('main').textContent"
  await page.until("document.querySelectorAll('tbody tr').length === 6", 'each token')
  await page.until("document.querySelectorAll('tbody .warn').length === 5", 'those that are off')
  await page.until(`/USD buy [\\d.]+ pXBT at kraken for/.test(${text})`, 'a trade')
  await page.until(`/Closed: .*nothing converts into PEG any more/.test(${text})`, 'one that no rule allows')
  await page.until("document.querySelector('svg path')?.getAttribute('d').includes('L')", 'a paper account')
  await page.until(
    `fetch('/api/v1/peg-watch').then((reply) => reply.json()).then(({ height, tokens }) =>
      document.getElementById('tip').textContent.startsWith('block ' + height) &&
      document.querySelectorAll('tbody tr').length === tokens.length)`,
    'the true block',
  )
  await looksWell(t, page)
  await page.press('Tab')
  await page.press('Enter')
  await page.until("document.activeElement.id === 'main'", 'the first key leads past the head')
  t.same(page.complaints, [])
  watch.child.kill('SIGINT')
  t.equal((await watch.ended).code, 130)
  await page.until("/no connection/.test(document.getElementById('state').textContent)", 'it says so')
})

const summaryOf = async (url: string): Promise<object> =>
  (await (await fetch(`${url}/api/v1/summary`)).json()) as object

/** Whether something is shown: a part of what is not counts as `none` too. */
const DISPLAY = (id: string): string =>
  `document.getElementById('${id}').checkVisibility() ? 'shown' : 'none'`

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
