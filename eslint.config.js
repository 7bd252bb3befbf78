import { createTypeScriptImportResolver } from 'eslint-import-resolver-typescript'
import importX from 'eslint-plugin-import-x'
import tseslint from 'typescript-eslint'

/**
 * The rooms (top-level folders) and the rooms each of them may import from. Imports run downwards only;
 * no room imports `cli`. `ARCHITECTURE.md` says what each room owns.
 */
const MAY_IMPORT = {
  base: [],
  pegnet: ['base'],
  lxrhash: ['base'],
  config: ['base', 'pegnet'],
  factom: ['base', 'config', 'pegnet'],
  komodo: ['base', 'config'],
  telemetry: ['base', 'config'],
  watch: ['base', 'config', 'telemetry'],
  chain: ['base', 'config', 'pegnet', 'factom'],
  oracle: ['base', 'config', 'pegnet', 'lxrhash', 'factom', 'komodo', 'chain'],
  ledger: ['base', 'config', 'pegnet', 'factom', 'chain', 'oracle'],
  explorer: ['base', 'config', 'pegnet', 'ledger'],
  miner: ['base', 'config', 'pegnet', 'lxrhash', 'factom', 'oracle'],
  bench: ['base', 'config', 'lxrhash', 'miner'],
  desk: ['base', 'config', 'pegnet', 'factom', 'oracle', 'ledger'],
  cli: [
    ...['base', 'config', 'pegnet', 'lxrhash', 'factom', 'komodo', 'chain', 'oracle', 'ledger', 'miner'],
    ...['explorer', 'bench', 'desk', 'telemetry', 'watch'],
  ],
}
const ROOMS = Object.keys(MAY_IMPORT)

const closedDoors = ROOMS.flatMap((room) =>
  ROOMS.filter((other) => other !== room && !MAY_IMPORT[room].includes(other)).map((other) => ({
    target: `./${room}`,
    from: `./${other}`,
    message: `${room}/ must not import ${other}/ (see ARCHITECTURE.md, rooms).`,
  })),
)

/** Another room is entered by its front door only: its `index.ts`, or that of its embedded network `dev/`. */
const frontDoors = ROOMS.flatMap((room) =>
  ['', '*/', '*/*/', '*/*/*/'].map((folders) => ({
    files: [`${room}/${folders}*.ts`],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          patterns: ROOMS.filter((other) => other !== room).map((other) => ({
            regex: `^${'\\.\\./'.repeat(folders.length / 2 + 1)}${other}/(?!index\\.js$|(calendar|http-post|http-server|log)\\.js$|(dev|farm)/index\\.js$|feed/index\\.js$|prices/(dev/)?index\\.js$|.*/?fixtures/)`,
            message: `Enter ${other}/ by its front door, index.js.`,
          })),
        },
      ],
    },
  })),
)

const ONLY_CLI = [
  { object: 'process', property: 'exit', message: 'Only cli/ ends the process.' },
  { object: 'process', property: 'argv', message: 'Only cli/ reads the command line.' },
  { object: 'process', property: 'stdout', message: 'Only cli/ prints.' },
]

/** The wall clock may be set at any moment, so code that reads it has to say that it wants a stamp. */
const CLOCKS = 'Stamps come from wallMs, durations and deadlines from monotonicMs (base/clock.ts).'
const WALL_CLOCK = [
  { object: 'Date', property: 'now', message: CLOCKS },
  { object: 'performance', property: 'timeOrigin', message: CLOCKS },
]
const NO_DATE = { selector: "NewExpression[callee.name='Date'][arguments.length=0]", message: CLOCKS }

/** Variables may hold secrets. A thread or a program that is started without `env` gets all of them. */
const OWN_ENVIRONMENT = [
  "NewExpression[callee.name=/^(Piscina|Worker)$/]:not(:has(Property[key.name='env']))",
  "CallExpression[callee.name=/^(fork|spawn|exec|execFile)(Sync)?$/]:not(:has(Property[key.name='env']))",
].map((selector) => ({ selector, message: 'Give it `env`: what it needs, as childEnvironment does.' }))

export default tseslint.config(
  { ignores: ['dist/', '.tap/', 'coverage/', 'node_modules/', 'lxrhash/assembly/', '**/fixtures/'] },
  {
    files: ['**/*.ts'],
    extends: [...tseslint.configs.recommendedTypeChecked],
    plugins: { 'import-x': importX },
    languageOptions: {
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
    },
    settings: {
      'import-x/resolver-next': [createTypeScriptImportResolver({ alwaysTryTypes: true })],
      'import-x/parsers': { '@typescript-eslint/parser': ['.ts'] },
    },
    rules: {
      'import-x/no-cycle': 'error',
      'import-x/no-self-import': 'error',
      'import-x/no-restricted-paths': ['error', { basePath: import.meta.dirname, zones: closedDoors }],
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      'max-depth': ['error', 4],
      // A bag of four fields for one call reads worse than six arguments; more of them want a name each.
      'max-params': ['error', 6],
      complexity: ['error', 30],
      eqeqeq: ['error', 'always', { null: 'ignore' }],
    },
  },
  ...frontDoors,
  {
    files: ['**/*.ts'],
    ignores: ['test/**', '**/*.test.ts', 'base/clock.ts'],
    rules: {
      'no-restricted-properties': ['error', ...WALL_CLOCK],
      'no-restricted-syntax': ['error', NO_DATE, ...OWN_ENVIRONMENT],
    },
  },
  {
    files: ['**/*.ts'],
    ignores: ['test/**', '**/*.test.ts'],
    rules: {
      'max-lines-per-function': ['error', 120],
    },
  },
  {
    // stdout, argv and exit belong to the command line.
    files: ['**/*.ts'],
    ignores: ['cli/**', 'test/**', '**/*.test.ts', 'base/clock.ts'],
    rules: {
      'no-console': 'error',
      'no-restricted-properties': ['error', ...WALL_CLOCK, ...ONLY_CLI],
    },
  },
  {
    files: ['**/*.test.ts', 'test/**/*.ts'],
    rules: {
      // tap's subtests return promises that tap itself awaits.
      '@typescript-eslint/no-floating-promises': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      'max-params': 'off',
    },
  },
)
