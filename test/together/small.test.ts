import { together } from './together.js'

await together('test/small')
