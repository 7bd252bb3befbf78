/** Parts of the status page that need no browser. */
import { readdirSync, readFileSync } from 'node:fs'
import t from 'tap'

interface Parts {
  readonly scaleOf: (
    kind: { readonly zero: boolean; readonly whole?: boolean },
    low: number,
    high: number,
  ) => readonly [number, number]
  readonly coinsText: (coins: string | null) => string
}

const { coinsText, scaleOf } = (await import(new URL('page/parts.js', import.meta.url).href)) as Parts

t.test('the scale of a chart holds its values and two marks at least', (t) => {
  const count = { zero: true, whole: true }
  for (const high of [0, 0.04, 0.4, 1]) {
    const [bottom, top] = scaleOf(count, 0, high)
    t.equal(bottom, 0)
    t.ok(top >= 1 && top < 2, `headers that are due: up to ${high}`)
  }
  for (const [low, high] of [
    [0, 0],
    [0, 0.04],
    [5, 5],
    [80, 2_000],
  ] as const)
    for (const kind of [count, { zero: true }, { zero: false }]) {
      const [bottom, top] = scaleOf(kind, low, high)
      t.ok(bottom <= low && top >= high && top > bottom, `${low} to ${high}`)
    }
  t.end()
})

t.test('amounts lose zeros behind the point alone', (t) => {
  for (const [amount, text] of [
    ['100', '100'],
    ['5040', '5,040'],
    ['0', '0'],
    ['12.50000000', '12.5'],
    ['7.00000000', '7'],
    ['0.00000010', '0.0000001'],
    ['1000.05', '1,000.05'],
  ] as const)
    t.equal(coinsText(amount), text)
  t.equal(coinsText(null), '–')
  t.end()
})

t.test('what a script of the page takes from another is imported', (t) => {
  const folder = new URL('page/', import.meta.url)
  const scripts = readdirSync(folder).filter((name) => name.endsWith('.js'))
  const textOf = (name: string): string => readFileSync(new URL(name, folder), 'utf8')
  const exported = scripts.flatMap((from) =>
    [...textOf(from).matchAll(/^export (?:async )?(?:function|const) ([A-Za-z]+)/gm)].map(([, name]) => ({
      from,
      name,
    })),
  )
  t.ok(exported.length > 20)
  for (const script of scripts) {
    const text = textOf(script)
    const called = exported.filter(({ from, name }) => from !== script && text.includes(` ${name}(`))
    for (const { name = '' } of called)
      t.match(text, new RegExp(`^(?:import .*\\b${name}\\b.*from|  ${name},$)`, 'm'), `${script}: ${name}`)
  }
  t.end()
})
