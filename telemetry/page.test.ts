/** Parts of the status page that need no browser. */
import t from 'tap'

interface Parts {
  readonly scaleOf: (
    kind: { readonly zero: boolean; readonly whole?: boolean },
    low: number,
    high: number,
  ) => readonly [number, number]
}

const { scaleOf } = (await import(new URL('page/parts.js', import.meta.url).href)) as Parts

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
