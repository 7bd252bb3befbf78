/** A picture into a file: SVG, or PNG by the file's name. */
import { pngOf } from '../../bench/index.js'
import { isCoded, messageOf, writeWhole } from '../../base/index.js'
import { problem, problemsError } from '../../config/index.js'
import { fail } from '../program/errors.js'

const isPng = (file: string): boolean => file.toLowerCase().endsWith('.png')

/** Throws what no picture has as its name. */
export function requirePictureName(file: string | undefined): void {
  if (file === undefined || isPng(file) || file.toLowerCase().endsWith('.svg')) return
  throw problemsError([
    problem('E_CONFIG_VALUE', `pictures are SVG or PNG: give ${file} a name that ends in .svg or .png`),
  ])
}

/** Throws `E_CLI_PLOT` if the file cannot be written. */
export function writePicture(file: string, svg: string): void {
  try {
    writeWhole(file, isPng(file) ? pngOf(svg) : svg)
  } catch (error) {
    if (isCoded(error)) throw error
    throw fail('E_CLI_PLOT', `${file} cannot be written: ${messageOf(error)}`, { cause: error })
  }
}
