/** A picture into a file. */
import { isCoded, messageOf, writeWhole } from '../../base/index.js'
import { fail } from '../program/errors.js'

/** Throws `E_CLI_PLOT` if the file cannot be written. */
export function writePicture(file: string, svg: string): void {
  try {
    writeWhole(file, svg)
  } catch (error) {
    if (isCoded(error)) throw error
    throw fail('E_CLI_PLOT', `${file} cannot be written: ${messageOf(error)}`, { cause: error })
  }
}
