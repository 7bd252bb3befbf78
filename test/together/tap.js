/** `tap` for a test file that runs together with others. */
import { within } from './together.js'

export default within
