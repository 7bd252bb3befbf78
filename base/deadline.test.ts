import t from 'tap'

import { withDeadline, within } from './deadline.js'
import { retried, sleep } from './pauses.js'

const { signal } = new AbortController()

t.test('the result, or the error, of a call that is in time', async (t) => {
  t.equal(await withDeadline(60_000, signal, () => Promise.resolve(7)), 7)
  await t.rejects(
    withDeadline(60_000, signal, () => Promise.reject(new Error('no'))),
    { message: 'no' },
  )
})

t.test('a call that never ends is cut off, whether it listens or not', async (t) => {
  let heard = false
  const deaf = withDeadline(5, signal, (cut) => {
    cut.addEventListener('abort', () => (heard = true))
    return new Promise(() => {})
  })
  await t.rejects(deaf, { message: 'it was not done within 5 ms' })
  t.ok(heard)
})

t.test('the end of the caller ends the call', async (t) => {
  const outer = new AbortController()
  const call = (cut: AbortSignal) =>
    new Promise((_, reject) => {
      const end = (): void => reject(new Error('ended'))
      if (cut.aborted) end()
      cut.addEventListener('abort', end)
    })
  const running = withDeadline(60_000, outer.signal, call)
  outer.abort()
  await t.rejects(running, { message: 'ended' })
  await t.rejects(withDeadline(60_000, outer.signal, call), { message: 'ended' })
})

t.test('work within a time that is no whole number', async (t) => {
  const ended = (signal: AbortSignal): Promise<string> =>
    new Promise((resolve) => signal.addEventListener('abort', () => resolve('late')))
  const outer = new AbortController()
  t.equal(await within(1000 / 3, outer.signal, () => Promise.resolve('in time')), 'in time')
  t.equal(await within(10 / 3, outer.signal, ended), 'late')
  const cut = within(60_000, outer.signal, ended)
  outer.abort()
  t.equal(await cut, 'late', 'ended with the outer one')
  t.equal(await within(60_000, outer.signal, (signal) => Promise.resolve(signal.aborted)), true)
  await t.rejects(
    within(60_000, new AbortController().signal, () => Promise.reject(new Error('no'))),
    /no/,
  )
})

t.test(
  'a call is tried again after the pauses that its failures are given, until one is final',
  async (t) => {
    const pauses: number[] = []
    const rest = (ms: number): Promise<void> => Promise.resolve(void pauses.push(ms))
    const failing = (times: number) => {
      let calls = 0
      return () => (++calls > times ? Promise.resolve(calls) : Promise.reject(new Error(`failure ${calls}`)))
    }
    const pauseFor = (_: unknown, failures: number): number | null => (failures < 3 ? failures * 10 : null)
    t.equal(await retried(failing(2), pauseFor, { sleep: rest }), 3)
    t.same(pauses, [10, 20])
    await t.rejects(retried(failing(9), pauseFor, { sleep: rest }), { message: 'failure 3' })
    const cut = new AbortController()
    const seen: unknown[] = []
    const ending = retried(
      failing(9),
      (error) => {
        seen.push(error)
        cut.abort()
        return 60_000
      },
      { signal: cut.signal },
    )
    await t.rejects(
      ending,
      { message: 'failure 2' },
      'the pause ends with the signal, and the next failure is final',
    )
    t.equal(seen.length, 1)
    await sleep(60_000, cut.signal)
  },
)
