import { randomUUID } from 'node:crypto'
import { open, rename, rm } from 'node:fs/promises'

/** Writes a file so that it is the old one or the new one, never a half, whatever interrupts. */
export async function writeWhole(file: string, text: string): Promise<void> {
  const pending = `${file}.${randomUUID()}.tmp`
  try {
    const handle = await open(pending, 'wx')
    try {
      await handle.writeFile(text)
      await handle.sync()
    } finally {
      await handle.close()
    }
    await rename(pending, file)
  } catch (error) {
    await rm(pending, { force: true })
    throw error
  }
}
