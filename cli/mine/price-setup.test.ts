import t from 'tap'
import type { PriceFeed } from '../../oracle/prices/index.js'
import { runPrices, warmUp } from './price-setup.js'
import { incompleteLine } from '../view/prices.js'

const { signal } = new AbortController()

t.test('the first answers are waited for, but not those of a source that hangs', async (t) => {
  let looks = 0
  await warmUp({ start: () => new Promise(() => {}), priced: () => ++looks === 3 }, signal)
  t.equal(looks, 3, 'until all have prices')
  await warmUp({ start: () => Promise.resolve(), priced: () => false }, signal)
  t.pass('all have answered, prices or not')
  const errors: unknown[] = []
  await warmUp({ start: () => Promise.reject(new Error('x')), priced: () => false }, signal, (error) =>
    errors.push(error),
  )
  t.equal(errors.length, 1)
  await warmUp({ start: () => new Promise(() => {}), priced: () => false }, AbortSignal.abort())
})

t.test('prices of a run come from another feed once it is used', async (t) => {
  const asked: string[] = []
  const feedOf = (name: string): PriceFeed => {
    const ask = <T>(what: string, answer: T): T => (asked.push(`${name} ${what}`), answer)
    return {
      config: { name } as never,
      sourceNames: [name],
      start: () => ask('start', Promise.resolve()),
      snapshot: ({ height }) => ask(`snapshot ${height}`, new Promise(() => {})),
      priced: () => ask('priced', true),
      sources: () => ask('sources', []),
      close: () => ask('close', Promise.resolve()),
    }
  }
  const prices = runPrices(feedOf('one'))
  void prices.snapshot({ deadlineMs: 1, height: 7 })
  const end = prices.use(feedOf('two'))
  t.same([prices.config, prices.sourceNames, prices.priced()], [{ name: 'two' }, ['two'], true])
  await prices.start()
  prices.sources()
  void prices.snapshot({ deadlineMs: 1, height: 8 })
  await end()
  await prices.close()
  t.same(asked, [
    'one snapshot 7',
    ...['two priced', 'two start', 'two sources', 'two snapshot 8'],
    ...['one close', 'two close'],
  ])
})

t.test('why prices are missing, in one line that never asks for fewer sources', (t) => {
  const source = (name: string, ok: boolean, error?: string) => ({
    name,
    ok,
    ageMs: null,
    ...(error === undefined ? {} : { error }),
  })
  const line = (...sources: ReturnType<typeof source>[]): string =>
    incompleteLine(
      {
        height: 7,
        assets: new Map([['EUR', {} as never]]),
        missing: new Map([['EUR', 'no price']]),
        sources,
      },
      { paint: (_style, text) => text },
    )
  t.match(
    line(source('kraken', false), source('okx', true)),
    /1 of 2 sources are being asked for the first time$/,
  )
  t.match(
    line(source('kraken', false, 'no route'), source('okx', false, 'no route')),
    /no source can be reached, .*"no route"; check the network/,
  )
  t.match(line(source('kraken', true), source('okx', false, 'HTTP 500')), /^ Block 7: 1 of 1 assets .*doctor/)
  t.end()
})
