import { LONG, oneByOne } from '../together/together.js'

await oneByOne(LONG.networks)
