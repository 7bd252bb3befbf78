import type { Options } from '@swc/core'

export const SWC: Options
