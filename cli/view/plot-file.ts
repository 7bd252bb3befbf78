/** A picture into a file: SVG, or PNG by the file's name. */
import { pngOf } from '../../bench/index.js'
import { isCoded, messageOf, requireWritable, writeWhole } from '../../base/index.js'
import { mistake } from '../../config/index.js'
import { fail } from '../program/errors.js'

const isPng = (file: string): boolean => file.toLowerCase().endsWith('.png')

/** Before anything is worked out: throws what no picture has as its name, and `E_CLI_PLOT` where it cannot be written. */
export function requirePicture(file: string | undefined): void {
  if (file === undefined) return
  if (!isPng(file) && !file.toLowerCase().endsWith('.svg'))
    throw mistake('E_CONFIG_VALUE', `pictures are SVG or PNG: give ${file} a name that ends in .svg or .png`)
  written(file, () => requireWritable(file))
}

/** Throws `E_CLI_PLOT` if the file cannot be written. */
export const writePicture = (file: string, svg: string): void =>
  written(file, () => writeWhole(file, isPng(file) ? pngOf(svg) : svg))

function written(file: string, write: () => void): void {
  try {
    write()
  } catch (error) {
    if (isCoded(error)) throw error
    throw fail('E_CLI_PLOT', `${file} cannot be written: ${messageOf(error)}`, { cause: error })
  }
}
