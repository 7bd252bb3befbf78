import fc from 'fast-check'
import { crc32, inflateSync } from 'node:zlib'

import t from 'tap'

import { apart, drawPanel, outline, readable } from './panel.js'
import { between, doublingScale, evenScale, wholeTicks, type Scale } from './scale.js'
import { pngOf } from './png/png.js'
import { dots, picture, polyline, text } from './svg.js'

const texts = ({ ticks }: Pick<Scale, 'ticks'>): string[] => ticks.map(({ text }) => text)
const attributes = (svg: string, name: string): string[] =>
  [...svg.matchAll(new RegExp(` ${name}="([^"]*)"`, 'g'))].map(([, value]) => value as string)

t.test('an even axis begins and ends at round values', (t) => {
  t.same(texts(evenScale([517, 74], { parts: 5, zero: true })), [
    '0',
    '100',
    '200',
    '300',
    '400',
    '500',
    '600',
  ])
  t.same(texts(evenScale([86_064.3, 86_054.8], { parts: 4 })).at(0), '86,054')
  const small = evenScale([0.00000012, 0.0000005], { parts: 4 })
  t.same(texts(small), ['0.0000001', '0.0000002', '0.0000003', '0.0000004', '0.0000005'])
  t.equal(small.at(0.0000003), 0.5)
  t.same(
    texts(evenScale([1234.5678, 1234.5679], { parts: 2 })).at(0),
    '1,234.56780',
    'no commas in fractions',
  )
  t.same(
    texts(evenScale([3e7], { parts: 3, zero: true, text: (value) => `${value / 1e6} M` })).at(-1),
    '30 M',
  )
  t.equal(
    evenScale([42, 42, 42], { parts: 4 }).at(42).toFixed(9),
    '0.500000000',
    'a level line lies in the middle',
  )
  t.same(texts(evenScale([0, 0], { parts: 2, zero: true })), ['0.0', '0.5', '1.0'])
  t.same(texts(evenScale([], { parts: 2 })), ['0.0', '0.5', '1.0'])
  t.end()
})

t.test('an even axis holds every value', (t) => {
  // Prices have eight digits behind the point.
  const value = fc.maxSafeInteger().map((units) => units / 1e8)
  fc.assert(
    fc.property(
      fc.array(value, { minLength: 1, maxLength: 20 }),
      fc.integer({ min: 2, max: 8 }),
      (values, parts) => {
        const { at, ticks } = evenScale(values, { parts })
        const [first, last] = [ticks[0]?.value as number, ticks.at(-1)?.value as number]
        const slack = 1e-6 * (last - first)
        return (
          ticks.length >= 2 &&
          ticks.length <= 2 * parts + 2 &&
          values.every((one) => one >= first - slack && one <= last + slack && at(one) >= 0 && at(one) <= 1)
        )
      },
    ),
  )
  t.end()
})

t.test('a doubling axis', (t) => {
  const scale = doublingScale([50, 98])
  t.same(texts(scale), ['32', '64', '128'])
  t.equal(scale.at(64), 0.5)
  t.equal(scale.at(0), 0, 'what has no logarithm lies at the beginning')
  t.same(texts(doublingScale([0.3, 3])), ['0.25', '0.5', '1', '2', '4'])
  t.same(texts(doublingScale([64])), ['64', '128'])
  t.same(texts(doublingScale([1, 2 ** 20])).slice(0, 3), ['1', '4', '16'], 'steps grow rather than crowd')
  t.equal(texts(doublingScale([16_384])).at(0), '16,384')
  t.end()
})

t.test('heights', (t) => {
  t.same(texts({ ticks: wholeTicks(206_422, 258_796, 6) }), [
    ...['206422', '210000', '220000', '230000', '240000', '250000', '258796'],
  ])
  t.same(texts({ ticks: wholeTicks(7, 7, 6) }), ['7'])
  t.same(texts({ ticks: wholeTicks(0, 2, 6) }), ['0', '1', '2'])
  t.end()
})

t.test('texts of ticks do not touch; the first and the last stay', (t) => {
  const tick = (value: number) => ({ value, text: String(value) })
  const kept = (values: number[], pixels: number) =>
    readable(values.map(tick), (value) => value * pixels).map(({ value }) => value)
  t.same(kept([64, 1, 2, 4, 8, 16, 32], 10), [1, 4, 8, 16, 32, 64])
  t.same(kept([1, 2, 4], 100), [1, 2, 4])
  t.same(kept([0, 90, 100], 1), [0, 100], 'the last comes before its neighbour')
  t.same(kept([], 1), [])
  t.end()
})

t.test('names are moved apart and stay inside', (t) => {
  const move = (places: number[]) => apart(places, { least: 10, top: 0, bottom: 100 })
  t.same(move([10, 50]), [10, 50])
  t.same(move([10, 12, 13]), [10, 20, 30])
  t.same(move([95, 97, 99]), [80, 90, 100])
  t.same(move([-5, 3]), [0, 10])
  t.end()
})

t.test('a line of many points keeps its peaks', (t) => {
  const points = Array.from({ length: 100_000 }, (_, k): [number, number] => [
    k / 1000,
    k === 777 ? 9 : k % 3,
  ])
  const kept = outline(points)
  t.ok(kept.length <= 4 * 100)
  t.ok(kept.includes(points[777] as [number, number]))
  t.same([kept[0], kept.at(-1)], [points[0], points.at(-1)])
  t.same(
    [...kept].sort((one, two) => one[0] - two[0]),
    kept,
    'in their order',
  )
  const few: [number, number][] = [[0, 1], [0, 2], [1, 1]] // prettier-ignore
  t.same(outline(few), few)
  t.end()
})

t.test('elements', (t) => {
  const style = { x: 1, y: 10, size: 10, color: '#1f2328' }
  t.equal(
    text('<a & "b">\u0007', style),
    '<text x="1" y="13.6" font-size="10" fill="#1f2328">&lt;a &amp; &quot;b&quot;&gt; </text>',
  )
  t.equal(attributes(text('a\nb', style), 'y').length, 2, 'a line each')
  t.match(text('a', { ...style, upwards: true }), /rotate\(-90 1 10\)/)
  t.match(polyline([[1.234, 2], [3, 4]], { color: 'c' }), / d="M1.2 2L3 4"/) // prettier-ignore
  t.match(dots([[1, 2], [1.01, 2], [3, 4]], { color: 'c', width: 5 }), / d="M1 2h0M3 4h0"/) // prettier-ignore
  const svg = picture({ width: 10, height: 20, label: 'a < b' }, [])
  t.match(
    svg,
    /^<svg xmlns="[^"]*" width="10" height="20" viewBox="0 0 10 20" role="img" aria-label="a &lt; b"/,
  )
  t.match(svg, /<style>@media \(prefers-color-scheme:dark\)\{\[fill="#ffffff"\]\{fill:#0d1117\}/)
  t.end()
})

t.test('a panel puts values where its axes say', (t) => {
  const axis = (last: number): Scale => ({ at: between(0, last), ticks: [{ value: 0, text: '0' }, { value: last, text: 'end' }] }) // prettier-ignore
  const svg = drawPanel({
    left: 100,
    top: 50,
    width: 200,
    height: 80,
    x: axis(4),
    y: axis(10),
    grid: true,
    marks: [{ x: 2, text: 'half\nway' }, { y: 5 }],
    series: [
      { color: 'one', line: 2, dot: 8, points: [[0, 0], [4, 10]], ranges: [[4, 5, 10]], name: 'first & best' },
      { color: 'two', dot: 5, points: [[1, 20]] },
    ], // prettier-ignore
  }).join('\n')
  const pathsOf = (color: string) =>
    svg.split(/(?=<)/).filter((part) => part.includes(`stroke="${color}"`)).flatMap((part) => attributes(part, 'd')) // prettier-ignore
  t.same(pathsOf('one'), [
    ...['M300 90L300 50', 'M295 90L305 90', 'M295 50L305 50'],
    'M100 130L300 50',
    'M100 130h0M300 50h0',
  ])
  t.same(pathsOf('two'), ['M150 50h0'], 'dots alone; beyond the axis at its edge')
  t.same(pathsOf('#d8dee4'), ['M100 130.5L300 130.5', 'M100 50.5L300 50.5'], 'a line for each tick')
  t.match(svg, /d="M200.5 130L200.5 50"[^>]*stroke-dasharray/)
  t.match(svg, /d="M100 90.5L300 90.5"[^>]*stroke-dasharray/)
  for (const words of ['half', 'way', '>0<', '>end<', 'first &amp; best']) t.ok(svg.includes(words), words)
  t.end()
})

/** Colours of pixels, read back from a PNG whose rows are told as differences to the row above. */
function pixelsOf(png: Buffer): { readonly width: number; readonly at: (x: number, y: number) => number[] } {
  const width = png.readUInt32BE(16)
  const parts = new Map<string, Buffer>()
  for (let at = 8; at < png.length; at += 12 + png.readUInt32BE(at)) {
    const [length, name] = [png.readUInt32BE(at), png.toString('latin1', at + 4, at + 8)]
    t.equal(png.readUInt32BE(at + 8 + length), crc32(png.subarray(at + 4, at + 8 + length)), name)
    parts.set(name, png.subarray(at + 8, at + 8 + length))
  }
  const rows = inflateSync(parts.get('IDAT') ?? Buffer.alloc(0))
  const row = 3 * width + 1
  const at = (x: number, y: number): number[] =>
    [1, 2, 3].map((channel) => {
      let sum = 0
      for (let line = 0; line <= y; line++) sum += rows[line * row + 3 * x + channel] as number
      return sum & 255
    })
  return { width, at }
}

t.test('PNG: what the writer of SVG draws, pixel by pixel', (t) => {
  const line = (color: string, ...points: readonly (readonly [number, number])[]) =>
    polyline(points, { color, width: 4 })
  const svg = picture({ width: 100, height: 60, label: 'a' }, [
    line('#ff0000', [10, 10], [50, 10]),
    line('#00ff00', [80, 10], [80, 50]),
    dots([[30, 40]], { color: '#0000ff', width: 10 }),
    polyline([[5, 55], [95, 55]], { color: '#123456', width: 2, dashed: true }),
    text('H', { x: 50, y: 30, size: 40, color: '#000000', bold: true, anchor: 'middle' }),
  ]) // prettier-ignore
  const { width, at } = pixelsOf(pngOf(svg))
  t.equal(width, 200, 'twice as large')
  const WHITE = [255, 255, 255]
  t.same(at(0, 0), WHITE)
  t.same([at(60, 20), at(60, 16), at(60, 23), at(60, 24), at(60, 15)], [[255, 0, 0], [255, 0, 0], [255, 0, 0], WHITE, WHITE]) // prettier-ignore
  t.same([at(160, 60), at(155, 60), at(164, 60)], [[0, 255, 0], WHITE, WHITE])
  t.same([at(60, 80), at(60, 71), at(51, 71)], [[0, 0, 255], [0, 0, 255], WHITE], 'a round dot')
  t.same([at(12, 110), at(20, 110), at(28, 110)], [[0x12, 0x34, 0x56], WHITE, [0x12, 0x34, 0x56]], 'dashes')
  t.same(
    [at(100, 60), at(84, 60), at(116, 60)],
    [
      [0, 0, 0],
      [0, 0, 0],
      [0, 0, 0],
    ],
    'a letter: its bar and its legs',
  )
  t.same([at(100, 38), at(100, 82)], [WHITE, WHITE], 'and what lies between them')
  const upright = picture({ width: 40, height: 40, label: 'a' }, [
    text('I', { x: 20, y: 20, size: 30, color: '#000000', anchor: 'middle', upwards: true }),
  ])
  const turned = pixelsOf(pngOf(upright))
  t.same(
    [turned.at(30, 40), turned.at(50, 40)],
    [
      [0, 0, 0],
      [0, 0, 0],
    ],
    'upwards: what was high is wide',
  )
  t.same([turned.at(40, 30), turned.at(40, 50)], [WHITE, WHITE])
  t.throws(() => pngOf('<svg width="1" height="1"><circle r="1"/></svg>'), /cannot be drawn/)
  t.end()
})
