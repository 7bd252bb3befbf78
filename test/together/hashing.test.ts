import { together } from './together.js'

await together('lxrhash', 'miner', 'bench', 'desk')
