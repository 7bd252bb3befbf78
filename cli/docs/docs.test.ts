import { existsSync, readdirSync, readFileSync } from 'node:fs'
import t from 'tap'

import { SETTING_KEYS, settingOf } from '../../config/index.js'
import { docPages } from './pages.js'
import { matchExactly } from '../../test/fixtures/match-exactly.js'

t.test('generated pages are those of the tables in code', (t) => {
  for (const [name, text] of Object.entries(docPages())) {
    const file = new URL(`../../docs/${name}`, import.meta.url)
    const found = existsSync(file) ? readFileSync(file, 'utf8') : ''
    t.ok(found === text, `docs/${name} is up to date; if not: npm run docs`)
  }
  t.end()
})

t.test('each setting is in the page of its group, and the index leads there', (t) => {
  const pages = docPages()
  const groups = new Set(SETTING_KEYS.map((key) => key.split('.', 1)[0]!))
  const names = [...groups].map((group) => `${group}.md`)
  t.same(readdirSync(new URL('../../docs/settings', import.meta.url)).sort(), names.sort(), 'no other page')
  for (const group of groups) {
    t.match(pages['settings.md'], new RegExp(`^## ${group}$`, 'm'), 'old links open: settings.md#…')
    t.match(pages['settings.md'], `](settings/${group}.md)`)
  }
  for (const key of SETTING_KEYS) {
    const page = pages[`settings/${key.split('.', 1)[0]}.md`] ?? ''
    t.match(page, `| \`${key}\` |`, key)
  }
  t.end()
})

t.test('pages are whole', (t) => {
  const pages = docPages()
  for (const text of Object.values(pages)) {
    for (const line of text.split('\n').filter((row) => row.startsWith('|')))
      t.notMatch(line, /undefined|\[object|\| {2,}\|/, line.slice(0, 60))
  }
  const codes = [...(pages['errors.md'] ?? '').matchAll(/`(E_[A-Z0-9_]+)`/g)].map(([, code]) => code)
  t.equal(new Set(codes).size, codes.length, 'no code stands in two rooms')
  t.end()
})

t.test(
  'what the file holds besides settings has limits in the schema, and defaults that flags name too',
  (t) => {
    interface Keys {
      readonly properties: Readonly<Record<string, { readonly items?: Keys; readonly default?: unknown }>>
      readonly additionalProperties: boolean
    }
    const { properties } = JSON.parse(docPages()['pegminer.schema.json']!) as Keys & {
      properties: Record<string, Keys>
    }
    t.equal(properties['feed']?.additionalProperties, false)
    const gateway = properties['feed']?.properties['gateways']?.items
    matchExactly(t, gateway, { additionalProperties: false, required: ['asset', 'oracleTxid', 'pubkey'] })
    for (const key of ['depth', 'poll'] as const) {
      t.match(gateway?.properties[key], { type: 'integer', minimum: Number, maximum: Number })
      t.equal(
        settingOf(`feed.${key}`).defaultText,
        `${gateway?.properties[key]?.default as number}, or from the section feed`,
      )
    }
    matchExactly(t, properties['prices'], {
      additionalProperties: false,
      properties: {
        exchange: { description: String },
        snapshot: { properties: { deadlineSeconds: { minimum: 1, maximum: 55, default: 25 } } },
        sources: {
          additionalProperties: {
            anyOf: [
              {
                properties: { type: { enum: ['ccxt'] }, rateLimit: { maximum: 60_000 } },
                required: undefined,
              },
              {
                properties: { type: { enum: ['http'] }, preset: { enum: Array } },
                additionalProperties: false,
              },
            ],
          },
        },
        assets: {
          additionalProperties: { properties: { maxStep: { anyOf: Array }, hours: { enum: Array } } },
        },
      },
    })
    t.end()
  },
)
