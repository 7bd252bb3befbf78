/** Sections of the configuration file by their shapes: everything that is wrong at once, and what editors know of it. */
import t from 'tap'
import { optional } from 'valibot'

import {
  choice,
  decimal,
  duration,
  either,
  integer,
  jsonSchemaOf,
  listOfShapes,
  named,
  orText,
  pathType,
  pattern,
  readShape,
  section,
  share,
  toggle,
  value,
  valueOrNone,
  type ValueType,
} from './index.js'
import { matchExactly } from '../test/fixtures/match-exactly.js'

const item = section({
  name: value(pattern('NAME', /^[a-z]{1,9}$/, 'a name'), 'what it is called'),
  count: optional(value(integer(1, 9), 'how many'), 3),
  kind: optional(value(choice('large', 'small'), 'how large'), 'small'),
  secret: valueOrNone(pattern('TEXT', /^x+$/, 'a text of x'), 'never shown'),
})
const shape = section({
  items: listOfShapes(item, { least: 1, most: 3, expects: 'a list of items', meaning: 'all items' }),
  byName: optional(named(section({ on: optional(value(toggle, 'on'), false) }), 'by name'), {}),
  password: optional(value(pattern('TEXT', /^y+$/, 'a text of y'), 'never shown', { secret: true }), 'y'),
})

const wrong = (raw: unknown): string[] =>
  readShape(shape, raw).problems.map(({ path, message }) => `${path.join('.')}: ${message}`)

t.test('what is right is completed', (t) => {
  t.same(
    readShape(shape, { items: [{ name: 'a' }, { name: 'b', count: '4', kind: 'LARGE', secret: 'x' }] }),
    {
      value: {
        items: [
          { name: 'a', count: 3, kind: 'small', secret: null },
          { name: 'b', count: 4, kind: 'large', secret: 'x' },
        ],
        byName: {},
        password: 'y',
      },
      problems: [],
    },
  )
  const empty = readShape(shape, {
    items: [{ name: 'a', count: null }],
    byName: { it: null },
    password: null,
  })
  matchExactly(
    t,
    empty,
    { value: { items: [{ count: 3 }], byName: { it: { on: false } }, password: 'y' } },
    'empty keys',
  )
  t.same(empty.problems, [])
  t.end()
})

t.test('everything that is wrong comes at once, each with its place', (t) => {
  const raw = {
    items: [{ name: 'A', cuont: 1, other: 2 }, { count: 10, kind: 'smal' }, { name: 'right' }],
    byName: { it: { on: 'perhaps' }, list: [] },
    password: 'hunter2',
    colour: null,
  }
  t.same(wrong(raw).toSorted(), [
    'byName.it.on: must be true or false, not "perhaps"',
    'byName.list: must be a section with keys of its own',
    'colour: unknown key; known are items, byName, password',
    'items.0.cuont: unknown key; did you mean count?',
    'items.0.name: must be a name, not "A"',
    'items.0.other: unknown key; known are name, count, kind, secret',
    'items.1.count: must be a whole number from 1 to 9, not "10"',
    'items.1.kind: must be one of large, small, not "smal"; did you mean small?',
    'items.1.name: must be a name, it is missing',
    'password: must be a text of y',
  ])
  matchExactly(
    t,
    readShape(shape, raw).value,
    { items: [undefined, undefined, { name: 'right' }], byName: { it: { on: false } } },
    'what remains keeps its place',
  )
  t.same(wrong([]), [': must be a section with keys of its own'])
  t.same(wrong({}), ['items: must be a list of items, it is missing'])
  t.same(wrong({ items: [] }), ['items: must be a list of items'])
  t.same(wrong({ items: [{ name: 7 }] }), ['items.0.name: must be a name, not "7"'], 'digits are no text')
  const nested = wrong({ items: { name: 'a', secret: 'hunter2' }, password: { of: 'hunter2' } })
  t.equal(nested.length, 2)
  t.notMatch([...nested, ...wrong(raw)].join(), /hunter2/, 'secrets are not repeated')
  t.end()
})

t.test('short forms, and shapes that depend on what is there', (t) => {
  const place = orText(
    'name',
    section({ name: value(pattern('', /^[a-z]+$/, 'a name'), 'name'), file: valueOrNone(pathType, 'file') }),
  )
  t.same(readShape(place, 'abc').value, { name: 'abc', file: null })
  t.same(readShape(place, { name: 'abc', file: '/x' }).value, { name: 'abc', file: '/x' })
  matchExactly(t, readShape(place, 'ABC').problems, [{ path: ['name'], message: /a name, not "ABC"/ }])
  matchExactly(t, jsonSchemaOf(place), {
    anyOf: [{ type: 'string' }, { type: 'object', required: ['name'] }],
  })

  const one = section({ type: value(choice('one'), 'type'), n: value(integer(1, 2), 'n') })
  const two = section({ type: value(choice('two'), 'type') })
  const both = either<object>([one, two], (raw) => ((raw as { type?: unknown }).type === 'two' ? two : one))
  t.same(readShape(both, { type: 'two' }).value, { type: 'two' })
  matchExactly(t, readShape(both, { type: 'two', n: 1 }).problems, [{ path: ['n'], message: /unknown key/ }])
  matchExactly(t, jsonSchemaOf(both), { anyOf: [{ properties: { n: { maximum: 2 } } }, {}] })
  t.end()
})

t.test('an editor knows the same limits', (t) => {
  t.same(jsonSchemaOf(shape), {
    type: 'object',
    additionalProperties: false,
    required: ['items'],
    properties: {
      items: {
        type: 'array',
        description: 'all items',
        minItems: 1,
        maxItems: 3,
        items: {
          type: 'object',
          additionalProperties: false,
          required: ['name'],
          properties: {
            name: { type: 'string', pattern: '^[a-z]{1,9}$', description: 'what it is called: a name' },
            count: {
              ...{ type: 'integer', minimum: 1, maximum: 9, default: 3 },
              description: 'how many: a whole number from 1 to 9',
            },
            kind: {
              enum: ['large', 'small'],
              default: 'small',
              description: 'how large: one of large, small',
            },
            secret: { type: 'string', pattern: '^x+$', description: 'never shown: a text of x' },
          },
        },
      },
      byName: {
        type: 'object',
        description: 'by name',
        additionalProperties: {
          type: 'object',
          additionalProperties: false,
          properties: { on: { type: 'boolean', default: false, description: 'on: true or false' } },
        },
      },
      password: { type: 'string', pattern: '^y+$', default: 'y', description: 'never shown: a text of y' },
    },
  })
  t.end()
})

t.test('numbers, shares and durations', (t) => {
  const cases: [type: ValueType<number>, texts: string, values: (number | undefined)[]][] = [
    [duration, '500ms 1.5s 5m 36h 2d 0s 5 367d 1w', [500, 1500, 300_000, 129_600_000, 172_800_000]],
    [share, '1.5% 0.03 10 1000% 0 0% 11 1001% -1 x', [0.015, 0.03, 10, 10]],
    [decimal(-1, 1e11), '0.5 -1 1e-5 100000000000 -2 1e12 1,5 0x1 Infinity', [0.5, -1, 0.00001, 1e11]],
  ]
  for (const [type, texts, values] of cases) {
    const all = texts.split(' ')
    const padded = all.map((_, k) => values[k])
    t.same(
      all.map((text) => type.parse(text)),
      padded,
      type.expects,
    )
  }
  t.end()
})
