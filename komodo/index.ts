/** Komodo: exact transaction codec. */
export * from './tx/index.js'
