/** The results as files: written anew after each cell, so that an interruption loses nothing. */
import { join } from 'node:path'
import { makeFolder, messageOf, requireWritable, writeWhole } from '../base/index.js'
import { fail } from './errors.js'
import { formatMarkdown } from './markdown.js'
import { drawPlots } from './plots.js'
import type { BenchReport, EarlierReport } from './report.js'

const NAMES = {
  json: 'bench.json',
  markdown: 'bench.md',
  bySize: 'by-size.svg',
  byThreads: 'by-threads.svg',
} as const

/** Makes the folder. Throws E_BENCH_OUT if it cannot be written. */
export async function openFolder(folder: string): Promise<void> {
  await attempt(folder, () => {
    makeFolder(folder)
    for (const name of Object.values(NAMES)) requireWritable(join(folder, name))
  })
}

/** Returns the paths. Throws E_BENCH_OUT. */
export async function writeReport(
  folder: string,
  report: BenchReport,
  earlier?: EarlierReport,
): Promise<readonly string[]> {
  const plots = drawPlots(report)
  const texts: readonly (readonly [string, string])[] = [
    [NAMES.json, `${JSON.stringify(report, null, 1)}\n`],
    [NAMES.markdown, formatMarkdown(report, NAMES, earlier)],
    [NAMES.bySize, plots.bySize],
    [NAMES.byThreads, plots.byThreads],
  ]
  await attempt(folder, () => {
    for (const [name, text] of texts) writeWhole(join(folder, name), text)
  })
  return texts.map(([name]) => join(folder, name))
}

async function attempt(folder: string, work: () => void | Promise<void>): Promise<void> {
  try {
    await work()
  } catch (error) {
    throw fail('E_BENCH_OUT', `results cannot be written to ${folder}: ${messageOf(error)}`, { cause: error })
  }
}
