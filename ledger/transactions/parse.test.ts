import fc from 'fast-check'
import t from 'tap'

import { ALICE, BOB, utf8 } from '../fixtures/sign.js'
import { readAddress } from './address.js'
import { compactJson } from './json.js'
import { parseTransactions } from './parse.js'

const [a, b] = [ALICE.address, BOB.address]
const INPUT = `{"address":"${a}","amount":50,"type":"PEG"}`
const OUTPUTS = `[{"address":"${b}","amount":50}]`
const TRANSFER = `{"input":${INPUT},"transfers":${OUTPUTS}}`
const CONVERSION = `{"input":${INPUT},"conversion":"pUSD"}`
const batch = (...transactions: string[]): string => `{"version":1,"transactions":[${transactions.join()}]}`
const taken = (text: string): boolean => parseTransactions(utf8(text)) !== null

t.test('what is a batch and what is none', (t) => {
  const input = (text: string) => batch(`{"input":${text},"transfers":${OUTPUTS}}`)
  const outputs = (text: string) => batch(`{"input":${INPUT},"transfers":${text}}`)
  const filler = `,"${'a'.repeat(23)}":1`
  const cases: readonly (readonly [what: string, text: string, taken: boolean])[] = [
    ['a transfer', batch(TRANSFER), true],
    ['a conversion', batch(CONVERSION), true],
    ['both', batch(TRANSFER, CONVERSION), true],
    ['another order of members', `{"transactions":[${CONVERSION}],"version":1}`, true],
    ['white space', ` \t\r\n${batch(TRANSFER).replaceAll(':', ' : ').replaceAll(',', '\n,')} `, true],
    ['keys in other cases', batch(CONVERSION).replace('version', 'Version').replace('input', 'INPUT'), true],
    ['a key in another case', batch(CONVERSION).replace('address', 'aDDress'), true],
    ['a key with an escape', batch(CONVERSION).replace('version', '\\u0076ersion'), false],
    ['a key with the long s', batch(CONVERSION).replace('version', 'ver\u017fion'), false],
    ['a repeated key', batch(CONVERSION).replace('{"version":1', '{"version":1,"version":1'), false],
    ['an unknown key', batch(CONVERSION).replace('{"version":1', '{"version":1,"x":1'), false],
    ['metadata of the batch', batch(CONVERSION).replace(/}$/, ',"metadata":1}'), false],
    ['metadata of a transaction', batch(CONVERSION.replace(/}$/, ',"metadata":{"x":[1,null]}}')), true],
    ['null metadata', batch(CONVERSION.replace(/}$/, ',"metadata":null}')), true],
    ['repeated metadata', batch(CONVERSION.replace(/}$/, ',"metadata":1,"metadata":1}')), false],
    ...['1.0', '"1"', 'null', '2', '-1'].map(
      (version) => [`version ${version}`, batch(CONVERSION).replace(':1,', `:${version},`), false] as const,
    ),
    ...['5.0', '5e0', '-0', '"50"', '18446744073709551616', '[]'].map(
      (amount) => [`amount ${amount}`, batch(CONVERSION.replace('50', amount)), false] as const,
    ),
    ['amount null', batch(CONVERSION.replace('50', 'null')), true],
    ['amount 0', batch(CONVERSION.replace('50', '0')), true],
    ['the largest amount', batch(CONVERSION.replace('50', '9223372036854775807')), true],
    ['a larger amount', batch(CONVERSION.replace('50', '9223372036854775808')), false],
    ['an output to null', outputs('[{"address":null,"amount":50}]'), true],
    ['an input of null', batch(CONVERSION.replace(`"${a}"`, 'null')), true],
    ['an address with escapes', batch(CONVERSION.replace('"FA', '"\\u0046A')), true],
    ['an address that is none', batch(CONVERSION.replace(a, `${a.slice(0, -1)}1`)), false],
    ['an address of entry credits', batch(CONVERSION.replace('FA', 'EC')), false],
    ['a number as address', batch(CONVERSION.replace(`"${a}"`, '5')), false],
    ['a type with escapes', batch(CONVERSION.replace('"PEG"', '"\\u0050EG"')), false],
    ['a type in another case', batch(CONVERSION.replace('"PEG"', '"peg"')), false],
    ['no type', batch(CONVERSION.replace(',"type":"PEG"', '')), false],
    ['no type, and 28 bytes of something else', batch(CONVERSION.replace(',"type":"PEG"', filler)), true],
    ['no type, and 29 bytes', batch(CONVERSION.replace(',"type":"PEG"', filler.replace('1', '11'))), false],
    ['a null type', batch(CONVERSION.replace('"PEG"', 'null')), false],
    ['two types', batch(CONVERSION.replace('"type"', '"type":"pXYZ","type"')), false],
    ['a null conversion', batch(CONVERSION.replace('"pUSD"', 'null')), false],
    ['a conversion in another case', batch(CONVERSION.replace('pUSD', 'PUSD')), false],
    ['a conversion with escapes', batch(CONVERSION.replace('pUSD', '\\u0070USD')), false],
    ['a conversion into pPNT', batch(CONVERSION.replace('pUSD', 'pPNT')), false],
    ['a conversion into itself', batch(CONVERSION.replace('pUSD', 'PEG')), false],
    ...['[]', 'null', OUTPUTS].map(
      (list) =>
        [
          `conversion and transfers ${list}`,
          batch(CONVERSION.replace(/}$/, `,"transfers":${list}}`)),
          false,
        ] as const,
    ),
    ...['null', '[]', '[null]', '{}', '5'].map(
      (list) => [`transfers ${list}`, outputs(list), false] as const,
    ),
    ...['null', '[]', '[null]', '{}', '5'].map(
      (list) => [`transactions ${list}`, `{"version":1,"transactions":${list}}`, false] as const,
    ),
    [
      'the same output twice',
      outputs(`[{"address":"${b}","amount":20},{"address":"${b}","amount":30}]`),
      true,
    ],
    ['an output to the input', outputs(`[{"address":"${a}","amount":50}]`), true],
    ['an output of nothing', outputs(`[{"address":"${a}","amount":50},{"address":"${b}","amount":0}]`), true],
    ['too little', outputs(`[{"address":"${b}","amount":49}]`), false],
    ['too much', outputs(`[{"address":"${b}","amount":51}]`), false],
    [
      'a sum beyond 64 bits',
      outputs(`[{"address":"${b}","amount":18446744073709551615},{"address":"${b}","amount":51}]`),
      false,
    ],
    ['an input that is a list', input('[]'), false],
    ['two input addresses', batch(TRANSFER, TRANSFER.replace(a, b)), false],
    [
      'the input that anybody can sign for',
      batch(CONVERSION.replace(a, 'FA1zT4aFpEvcnPqPCigB3fvGu4Q4mTXY22iiuV69DqE1pNhdF2MC')),
      false,
    ],
    ...['x', '\0', '\ufeff', '{}'].map(
      (end) => [`behind it ${end}`, batch(CONVERSION) + end, false] as const,
    ),
    ['a byte order mark', `\ufeff${batch(CONVERSION)}`, false],
    ['nothing', '', false],
    ['a list', '[]', false],
  ]
  for (const [what, text, expected] of cases) t.equal(taken(text), expected, what)
  const latin = Buffer.from(batch(CONVERSION.replace(/}$/, ',"metadata":"\xff"}')), 'latin1')
  t.not(parseTransactions(latin), null, 'metadata that is no UTF-8')
  t.end()
})

t.test('what they say', (t) => {
  const [from, to] = [readAddress(a), readAddress(b)]
  t.same(parseTransactions(utf8(batch(TRANSFER, CONVERSION.replace('50', 'null')))), [
    {
      kind: 'transfer',
      input: { address: from, amount: 50n, ticker: 'PEG' },
      outputs: [{ address: to, amount: 50n }],
    },
    { kind: 'conversion', input: { address: from, amount: 0n, ticker: 'PEG' }, target: 'pUSD' },
  ])
  t.end()
})

t.test('texts are JSON where JSON.parse says so, and the compact form means the same', (t) => {
  const parsed = (text: string): unknown => {
    try {
      return JSON.parse(text)
    } catch {
      return undefined
    }
  }
  const mangled = fc
    .tuple(
      fc.json(),
      fc.nat(),
      fc.constantFrom('', ' ', '"', '\\', ',', ':', '[', ']', '{', '}', '0', '-', '.', 'e', '\t', '\u0001'),
    )
    .map(([text, at, put]) => text.slice(0, at % text.length) + put + text.slice((at % text.length) + 1))
  fc.assert(
    fc.property(fc.oneof(fc.json(), mangled, fc.string()), (any) => {
      // Half a surrogate pair has no UTF-8.
      const text = Buffer.from(any).toString()
      const compact = compactJson(utf8(text))
      const wanted = parsed(text)
      if (wanted === undefined) return compact === null
      return (
        compact !== null && JSON.stringify(parsed(Buffer.from(compact).toString())) === JSON.stringify(wanted)
      )
    }),
    { numRuns: 2000 },
  )
  t.end()
})

t.test('bombs of 10 KB are refused at once, or taken as what they are', (t) => {
  const metadata = (text: string) => batch(CONVERSION.replace(/}$/, `,"metadata":${text}}`))
  t.equal(taken(metadata('['.repeat(4900) + ']'.repeat(4900))), true, 'deep')
  t.equal(taken('['.repeat(10_240)), false)
  t.equal(taken(`${'['.repeat(10_001)}${']'.repeat(10_001)}`), false)
  t.equal(taken(batch(CONVERSION.replace('50', '9'.repeat(10_000)))), false, 'a long number')
  t.equal(taken(batch(CONVERSION.replace(a, `FA${'z'.repeat(10_000)}`))), false, 'a long address')
  t.equal(
    taken(batch(CONVERSION.replace('{"input"', `{${'"x":1,'.repeat(1500)}"input"`))),
    false,
    'many members',
  )
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), fc.nat(), (noise, at) => {
      const text = Buffer.from(batch(TRANSFER, CONVERSION))
      text.set(noise.subarray(0, 3), at % (text.length - 3))
      parseTransactions(text)
      parseTransactions(noise)
    }),
    { numRuns: 2000 },
  )
  t.end()
})
