/** Whether a picture can be written into a file; apart from what draws it, which is loaded only for one that is wanted. */
import { isCoded, messageOf, requireWritable } from '../../base/index.js'
import { mistake } from '../../config/index.js'
import { fail } from '../program/errors.js'

export const isPng = (file: string): boolean => file.toLowerCase().endsWith('.png')

/** Before anything is worked out: throws what no picture has as its name, and `E_CLI_PLOT` where it cannot be written. */
export function requirePicture(file: string | undefined): void {
  if (file === undefined) return
  if (!isPng(file) && !file.toLowerCase().endsWith('.svg'))
    throw mistake('E_CONFIG_VALUE', `pictures are SVG or PNG: give ${file} a name that ends in .svg or .png`)
  written(file, () => requireWritable(file))
}

/** Throws `E_CLI_PLOT`, which names the file or folder, for what is not coded already. */
export function written(file: string, write: () => void): void {
  try {
    write()
  } catch (error) {
    if (isCoded(error)) throw error
    throw fail('E_CLI_PLOT', `${file} cannot be written: ${messageOf(error)}`, { cause: error })
  }
}
