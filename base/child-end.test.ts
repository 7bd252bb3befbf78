import { spawn } from 'node:child_process'
import t from 'tap'

import { endOfChild } from './child-end.js'

t.test('the end of a process', async (t) => {
  await t.resolves(endOfChild(spawn('/nowhere/no-such-program')), 'one that cannot be started')
  const child = spawn(process.execPath, ['-e', 'process.stdin.resume()'])
  let over = false
  const ended = endOfChild(child).then(() => (over = true))
  child.emit('error', new Error('write EPIPE'))
  await new Promise((resolve) => setImmediate(resolve))
  t.notOk(over, 'an error of its pipes is no end')
  child.kill('SIGKILL')
  await t.resolves(ended)
})
