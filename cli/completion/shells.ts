/** Scripts with which a shell completes commands, flags and their values, made from the table of commands. Pure. */
import { displayNameOf, settingOf, type SettingKey } from '../../config/index.js'
import type { CommandSpec } from '../program/context.js'
import { keysOfFlags } from '../program/flag-groups.js'

/** What kind of value a flag takes. */
type Value =
  | { readonly kind: 'none' | 'file' | 'folder' | 'text' }
  | { readonly kind: 'words'; readonly words: readonly string[] }

export interface CompletedFlag {
  /** With their dashes. */
  readonly names: readonly string[]
  readonly text: string
  readonly value: Value
}

export interface CompletedCommand {
  readonly name: string
  readonly text: string
  readonly flags: readonly CompletedFlag[]
  /** Words that may follow, such as `check`. */
  readonly words: readonly string[]
}

export function completionsOf(commands: readonly CommandSpec[]): CompletedCommand[] {
  return commands.map((command) => ({
    name: command.name,
    text: command.summary,
    flags: [
      ...keysOfFlags(command).map(flagOf),
      { names: ['--help', '-h'], text: 'help of this command', value: { kind: 'none' } },
    ],
    // Small letters are the words themselves, capitals stand for what the user has to say.
    words: command.arguments?.form.match(/\b[a-z]+\b/g) ?? [],
  }))
}

function flagOf(key: SettingKey): CompletedFlag {
  const { letter, description, type, default: usual } = settingOf(key)
  const name = displayNameOf(key)
  const isToggle = type.placeholder === ''
  const off = isToggle && usual === undefined ? [name.replace(/^--/, '--no-')] : []
  return {
    names: [name, ...off, ...(letter === undefined ? [] : [`-${letter}`])],
    text: description,
    value: isToggle ? { kind: 'none' } : valueOf(type),
  }
}

function valueOf({ placeholder, schema }: { readonly placeholder: string; readonly schema?: object }): Value {
  const parts = placeholder.replace(/,…$/, '').split('|')
  const words = [...new Set([...wordsOf(schema), ...parts.filter((part) => /^[a-z]+$/.test(part))])]
  if (parts.includes('DIR')) return { kind: 'folder' }
  if (parts.some((part) => part.startsWith('FILE'))) return { kind: 'file' }
  return words.length > 0 ? { kind: 'words', words } : { kind: 'text' }
}

/** The words of an enumeration, in JSON schema. */
function wordsOf(schema: object = {}): string[] {
  const { enum: words = [], anyOf = [] } = schema as { enum?: readonly string[]; anyOf?: readonly object[] }
  return [...words, ...anyOf.flatMap(wordsOf)]
}

const NAMES = (commands: readonly CompletedCommand[]): string[] => [
  ...commands.map(({ name }) => name),
  'help',
]
/** Between single quotes, as sh, bash and zsh read it. */
const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`

export function bashScript(commands: readonly CompletedCommand[]): string {
  return `# bash completion of pegminer. In ~/.bashrc: source <(pegminer completion bash)
_pegminer() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD-1]} words='' kind=''
  # --network=dev is three words here.
  if [[ $cur == '=' ]]; then cur=''
  elif [[ $prev == '=' ]]; then prev=\${COMP_WORDS[COMP_CWORD-2]}
  fi
  if ((COMP_CWORD == 1)); then
    words='${NAMES(commands).join(' ')} --help --version'
  else
    case \${COMP_WORDS[1]} in
    help) words='${commands.map(({ name }) => name).join(' ')}' ;;
${commands.map(bashCommand).join('\n')}
    esac
  fi
  case $kind in
  text) COMPREPLY=() ;;
  file) compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur") ;;
  folder) compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur") ;;
  *) mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur") ;;
  esac
}
complete -o default -F _pegminer pegminer
`
}

function bashCommand({ name, flags, words }: CompletedCommand): string {
  const all = flags.flatMap(({ names }) => names)
  const branches = flags
    .filter(({ value }) => value.kind !== 'none')
    .map(({ names, value }) => {
      const what = value.kind === 'words' ? `words='${value.words.join(' ')}'` : `kind=${value.kind}`
      return `      ${names.join('|')}) ${what} ;;`
    })
  return `    ${name})
      words='${words.join(' ')}'
      [[ $cur == -* ]] && words='${all.join(' ')}'
      case $prev in
${branches.join('\n')}
      esac ;;`.replace(/\n {6}case \$prev in\n\n {6}esac/, '')
}

export function zshScript(commands: readonly CompletedCommand[]): string {
  const described = commands.map(({ name, text }) => quoted(`${name}:${text}`))
  return `#compdef pegminer
# zsh completion of pegminer. In ~/.zshrc, after compinit: source <(pegminer completion zsh)
_pegminer() {
  local -a commands=(
    ${[...described, quoted('help:help of a command')].join('\n    ')}
  )
  if (( CURRENT == 2 )); then
    _describe -t commands command commands
    return
  fi
  local command=$words[2]
  shift words
  (( CURRENT-- ))
  case $command in
  help) _describe -t commands command commands ;;
${commands.map(zshCommand).join('\n')}
  esac
}
if [[ $funcstack[1] == _pegminer ]]; then _pegminer "$@"; else compdef _pegminer pegminer; fi
`
}

function zshCommand({ name, flags, words }: CompletedCommand): string {
  const specs = flags.flatMap(({ names, text, value }) =>
    names.map((flag) => {
      // In brackets and before a colon they would end the text.
      const about = text.replace(/[\][:\\]/g, (sign) => `\\${sign}`)
      const takes =
        value.kind === 'none'
          ? ''
          : value.kind === 'words'
            ? `:value:(${value.words.join(' ')})`
            : { file: ':file:_files', folder: ':folder:_files -/', text: ':value: ' }[value.kind]
      return quoted(`*${flag}${value.kind === 'none' || flag.length === 2 ? '' : '='}[${about}]${takes}`)
    }),
  )
  const rest = quoted(words.length === 0 ? '*:file:_files' : `1:what:(${words.join(' ')})`)
  return `  ${name}) _arguments -s \\
    ${[...specs, rest].join(' \\\n    ')} ;;`
}

export function fishScript(commands: readonly CompletedCommand[]): string {
  return [
    '# fish completion of pegminer. In ~/.config/fish/config.fish: pegminer completion fish | source',
    'complete -c pegminer -f',
    ...commands.map(
      ({ name, text }) => `complete -c pegminer -n __fish_use_subcommand -a ${name} -d ${fishQuoted(text)}`,
    ),
    `complete -c pegminer -n __fish_use_subcommand -a help -d 'help of a command'`,
    `complete -c pegminer -n '__fish_seen_subcommand_from help' -a '${commands.map(({ name }) => name).join(' ')}'`,
    ...commands.flatMap(fishCommand),
    '',
  ].join('\n')
}

/** fish knows two escapes within single quotes. */
const fishQuoted = (text: string): string => `'${text.replace(/[\\']/g, (sign) => `\\${sign}`)}'`

function fishCommand({ name, flags, words }: CompletedCommand): string[] {
  const begin = `complete -c pegminer -n '__fish_seen_subcommand_from ${name}'`
  const lines = flags.map(({ names, text, value }) => {
    const flag = names.map((one) => (one.startsWith('--') ? `-l ${one.slice(2)}` : `-s ${one.slice(1)}`))
    const takes = {
      none: '',
      file: ' -r -F',
      folder: " -x -a '(__fish_complete_directories)'",
      text: ' -x',
      words: value.kind === 'words' ? ` -x -a '${value.words.join(' ')}'` : '',
    }[value.kind]
    return `${begin} ${flag.join(' ')}${takes} -d ${fishQuoted(text)}`
  })
  return [...lines, words.length === 0 ? `${begin} -F` : `${begin} -a '${words.join(' ')}'`]
}
