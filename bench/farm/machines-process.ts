/** A process of the bench: many workers, each with a connection of its own, that hash nothing. */
import {
  connectFarm,
  createSending,
  readCredential,
  runWorker,
  type Sending,
  type WorkerEvent,
} from '../../miner/farm/index.js'
import { answerParent } from './answering.js'
import { fakeMachine, type FakeMachine } from './fake.js'
import { MACHINE_RATE, sharedMs } from './messages.js'

/** True machines look at their threads each 10 ms. Hundreds of them in one process would do nothing else. */
const TICK_MS = 100

answerParent(async ({ url, credential, machines, first }) => {
  const signal = new AbortController().signal
  /** By height, when each began. */
  const begun = new Map<number, number[]>()
  const hands: { readonly fake: FakeMachine; readonly sending: Sending }[] = []
  for (let at = 0; at < machines; at++) {
    const fake = fakeMachine(MACHINE_RATE)
    const name = `bench-${first + at}`
    const connection = await connectFarm({
      ...{ servers: [url], credential: readCredential(credential), name, signal },
      onRetry: () => undefined,
    })
    const id = { user: 'worker', name }
    hands.push({ fake, sending: createSending(connection, id, signal) })
    let last = 0
    void runWorker(
      {
        ...{ connection, id, open: fake.open, tickMs: TICK_MS },
        about: { version: 'bench', host: name, cpu: 'pretended', threads: 1 },
        onEvent(event: WorkerEvent) {
          if (event.event !== 'lease' || event.height === last) return
          last = event.height
          const times = begun.get(last) ?? []
          times.push(sharedMs())
          begun.set(last, times)
        },
      },
      signal,
    )
  }
  return {
    begun: ({ height }) => begun.get(height) ?? [],
    send({ count }) {
      let sent = 0
      for (const { fake, sending } of hands)
        for (const hit of fake.hits(count)) {
          sending.send(hit, () => true)
          sent++
        }
      return sent
    },
  }
})
