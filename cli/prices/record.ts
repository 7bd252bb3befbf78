/** `pegminer prices record DIR`: every reply of every source, as it came. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { makeFolder } from '../../base/index.js'
import { inlineExchanges } from '../../oracle/prices/index.js'
import { EXIT } from '../program/context.js'
import { bytesText, plural } from '../view/format.js'
import { openFeed, takeSnapshot, type PricesContext } from './parts.js'
import { withResources } from '../program/resources.js'

interface Reply {
  readonly source: string
  readonly url: string
  readonly file: string
  readonly bytes: number
}

export async function record(context: PricesContext, dir: string): Promise<number> {
  const { output } = context
  return withResources(async (resources) => {
    const replies: Reply[] = []
    const save = (source: string, url: string, body: string): void => {
      makeFolder(join(dir, source))
      const path = new URL(url).pathname
        .replace(/[^\w.-]+/g, '_')
        .replace(/^_+/, '')
        .slice(0, 80)
      const file = join(source, `${String(replies.length + 1).padStart(3, '0')}-${path}`)
      writeFileSync(join(dir, file), body)
      const reply = { source, url, file, bytes: Buffer.byteLength(body) }
      replies.push(reply)
      output.event({ event: 'reply', ...reply })
      output.line(` ${source.padEnd(18)} ${bytesText(reply.bytes).padStart(9)}  ${url}`)
    }
    makeFolder(dir)
    const open = await openFeed(context, resources, {
      onReply: save,
      exchanges: inlineExchanges({ onReply: save }),
    })
    const snapshot = await takeSnapshot(context, open)
    const index = { recordedAt: new Date(snapshot.takenAt).toISOString(), replies }
    writeFileSync(join(dir, 'index.json'), `${JSON.stringify(index, null, 2)}\n`)
    const bytes = replies.reduce((sum, reply) => sum + reply.bytes, 0)
    output.event({ event: 'recorded', dir, replies: replies.length, bytes, complete: snapshot.complete })
    output.line(
      ` ${plural(replies.length, 'reply').replace('replys', 'replies')}, ${bytesText(bytes)}, listed in ${join(dir, 'index.json')}`,
    )
    return snapshot.complete ? EXIT.done : EXIT.missing
  })
}
