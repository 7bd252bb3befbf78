/** Blocks as files: what is wrong with each, all at once. */
import { join } from 'node:path'
import t from 'tap'

import { readBlockFiles } from './block-file.js'

const WELL = {
  Height: 5,
  PreviousWinners: ['ab'],
  Winners: null,
  Entries: [{ Hash: 'AB', ExtIDs: ['AA=='], Content: 'e30=' }],
}
const entry = (more: object) => ({ ...WELL, Entries: [{ ...WELL.Entries[0], ...more }] })

t.test('what is right', async (t) => {
  const folder = t.testdir({
    well: JSON.stringify(WELL),
    bare: JSON.stringify({ ...entry({ Content: undefined }), PreviousWinners: null, Winners: ['cd'] }),
    staking: JSON.stringify({ Height: 5, Entries: null }),
  })
  const read = async (name: string, kind?: 'staking') =>
    (await readBlockFiles([join(folder, name)], kind))[0]?.block
  t.match(await read('well'), {
    height: 5,
    previousWinners: ['ab'],
    winners: null,
    entries: [{ hash: 'ab' }],
  })
  const bare = await read('bare')
  t.match(bare, { previousWinners: [], winners: ['cd'] }, 'Go writes empty lists so')
  t.equal(bare?.entries[0]?.content.length, 0)
  t.match(await read('staking', 'staking'), { previousWinners: [], entries: [] })
  await t.rejects(read('staking'), { message: /PreviousWinners is missing$/ })
})

t.test('what is wrong', async (t) => {
  const table: readonly (readonly [content: unknown, message: string])[] = [
    ['x', 'it is not JSON'],
    [[], 'the file is no JSON object'],
    [null, 'the file is no JSON object'],
    [{ ...WELL, Height: -1 }, 'Height is no height of a block'],
    [{ ...WELL, Height: 1.5 }, 'Height is no height of a block'],
    [{ ...WELL, Height: 2 ** 40 }, 'Height is no height of a block'],
    [{ ...WELL, PreviousWinners: 'ab' }, 'PreviousWinners is no list'],
    [{ ...WELL, Winners: [5] }, 'Winners[0] is no text'],
    [{ ...WELL, Entries: undefined }, 'Entries is missing'],
    [{ ...WELL, Entries: [5] }, 'Entries[0] is no JSON object'],
    [entry({ Hash: 'abc' }), 'Entries[0].Hash is not hex'],
    [entry({ Hash: undefined }), 'Entries[0].Hash is no text'],
    [entry({ ExtIDs: ['?'] }), 'Entries[0].ExtIDs[0]'],
    [entry({ Content: 5 }), 'Entries[0].Content is no text'],
  ]
  const texts = table.map(([content], k): [string, string] => [
    `f${k}`,
    content === 'x' ? 'x' : JSON.stringify(content),
  ])
  const folder = t.testdir({ ...Object.fromEntries(texts), folder: {} })
  const names = [...table.keys()].map((k) => join(folder, `f${k}`))
  const others = [join(folder, 'none'), join(folder, 'folder'), join(folder, 'f0', 'x')]
  const error = await readBlockFiles([...names, ...others]).then(
    () => null,
    (cause: unknown) => cause as { code: string; details: { problems: { message: string }[] } },
  )
  t.equal(error?.code, 'E_GRADING_FILE')
  const messages = error?.details.problems.map(({ message }) => message) ?? []
  const wanted = [
    ...table.map(([, message]) => message),
    'there is no such file',
    'it is a folder',
    'it cannot be read',
  ]
  t.equal(messages.length, wanted.length, 'each of them')
  for (const [k, text] of wanted.entries())
    t.ok(messages[k]?.includes(`: ${text}`), `${messages[k]} has ${text}`)
})
