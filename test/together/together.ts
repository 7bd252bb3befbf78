/**
 * Test files of several rooms in one process: the test runner and the modules of the program, which they all need, are
 * loaded once instead of for each file. The files that `.taprc` names have processes of their own.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import { parse } from 'yaml'

const HOME = fileURLToPath(new URL('../../', import.meta.url))

/** Test files that `tap` starts by itself, and patterns of such. */
export const started = (parse(readFileSync(`${HOME}.taprc`, 'utf8')) as { include: string[] }).include

const testsIn = (room: string): readonly string[] =>
  readdirSync(`${HOME}${room}`, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.test.ts'))
    .map((name) => `${room}/${name}`)
    .sort()

/** What `tap` is for the file that is loaded now (test/typescript-hooks.js): the subtest of its name. */
export let within: Test

export async function together(...rooms: readonly string[]): Promise<void> {
  for (const file of rooms.flatMap(testsIn).filter((file) => !started.includes(file)))
    await t.test(file, async (t) => {
      within = t
      await import(`../../${file.replace(/\.ts$/, '.js')}`)
    })
}
