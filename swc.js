/** How TypeScript is translated, by the build and as tests load it. */
export const SWC = {
  configFile: false,
  swcrc: false,
  jsc: {
    parser: { syntax: 'typescript' },
    target: 'es2022',
    transform: { verbatimModuleSyntax: true },
    experimental: { keepImportAttributes: true },
  },
  module: { type: 'es6' },
}
