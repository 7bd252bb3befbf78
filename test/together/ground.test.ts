import { together } from './together.js'

await together('base', 'config', 'telemetry', 'watch')
