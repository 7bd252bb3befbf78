/** `pegminer bytemap build|info|verify`. */
import { homedir } from 'node:os'
import { rm, stat } from 'node:fs/promises'

import { nearest, problem, problemsError, shown } from '../config/index.js'
import { byteMapFile, type OpenByteMap } from '../lxrhash/index.js'
import { factsOf, openMap, paramFacts, paramsOf, seedText } from './byte-map.js'
import type { BYTEMAP } from './commands.js'
import { EXIT, type CommandContext } from './context.js'
import { bytesText, durationText, tilde } from './format.js'
