import { together } from './together.js'

await together('factom', 'chain', 'ledger', 'explorer')
