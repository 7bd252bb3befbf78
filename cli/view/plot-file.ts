/** A picture into a file: SVG, or PNG by the file's name. */
import { pngOf } from '../../bench/index.js'
import { writeWhole } from '../../base/index.js'
import { isPng, written } from './picture-file.js'

/** Throws `E_CLI_PLOT` if the file cannot be written. */
export const writePicture = (file: string, svg: string): void =>
  written(file, () => writeWhole(file, isPng(file) ? pngOf(svg) : svg))
