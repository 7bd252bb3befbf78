/** A ByteMap that is fetched as the commands do it. */
import { readdirSync } from 'node:fs'
import { PassThrough } from 'node:stream'
import t from 'tap'
import { lxrParams } from '../../lxrhash/index.js'
import { fetchMap, openMap } from './open.js'

t.test('what cannot be fetched is built, and it is said why', async (t) => {
  const dir = t.testdir()
  const events: object[] = []
  const lines: string[] = []
  const line = (text: string): void => void lines.push(text)
  const context = {
    settings: { 'lxrhash.dir': dir },
    output: { event: (event: object) => events.push(event) },
    ...{ log: { info: line, warn: line }, stderr: new PassThrough(), signal: new AbortController().signal },
  } as unknown as Parameters<typeof fetchMap>[0]
  const params = lxrParams({ bits: 10 })
  const wrong = { pieceBytes: 1024, read: () => Promise.resolve(new Uint8Array(1024)) }
  await fetchMap(context, params, wrong)
  t.match(lines, [/^E_LXR_FETCH: what was fetched is not the ByteMap: .*; it is built instead$/])
  t.match(events.at(-1), { event: 'notice', level: 'warn', code: 'E_LXR_FETCH' })
  t.same(readdirSync(dir), [])
  t.match(await openMap(context, { params, slots: 1 }), { origin: 'built' })
})
