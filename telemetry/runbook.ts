/** The runbook as a page: Markdown as HTML, as far as it is used there. */
import { runbookText } from './alarms/runbook.js'

export const runbookPage = (): string => pageOf(htmlOf(runbookText()))

const pageOf = (body: string): string => `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <meta name="color-scheme" content="light dark" />
    <title>pegminer: alerts</title>
    <style>
      body { font: 16px/1.5 system-ui, sans-serif; max-width: 46rem; margin: 0 auto; padding: 1rem; }
      body { overflow-wrap: anywhere; }
      h2 { margin: 2rem 0 0.4rem; scroll-margin-top: 1rem; }
      h2:target { outline: 2px solid; outline-offset: 4px; }
      h2 a { color: inherit; text-decoration: none; }
      pre, table { display: block; overflow-x: auto; }
      td, th { padding: 0.2rem 0.6rem; text-align: left; border-bottom: 1px solid; }
    </style>
  </head>
  <body>
${body}
  </body>
</html>
`

/** Headings with anchors, paragraphs, lists of one level, tables, code. All text is escaped. */
export function htmlOf(markdown: string): string {
  const blocks: string[] = []
  const lines = markdown.split(/\r?\n/)
  for (let at = 0; at < lines.length;) {
    const { html, end } = blockAt(lines, at)
    if (html !== '') blocks.push(html)
    at = end
  }
  return blocks.join('\n')
}

interface Block {
  readonly html: string
  /** The first line after it. */
  readonly end: number
}

function blockAt(lines: readonly string[], at: number): Block {
  const line = lines[at] ?? ''
  if (line.trim() === '') return { html: '', end: at + 1 }
  const [, marks, title] = /^(#{1,6}) (.*)$/.exec(line) ?? []
  if (marks !== undefined && title !== undefined) return { html: headingOf(marks.length, title), end: at + 1 }
  if (line.startsWith('```')) {
    const last = lines.indexOf('```', at + 1)
    const end = last < 0 ? lines.length : last
    return { html: `<pre><code>${escaped(lines.slice(at + 1, end).join('\n'))}</code></pre>`, end: end + 1 }
  }
  let end = at + 1
  while (end < lines.length && !/^\s*$|^#{1,6} |^```/.test(lines[end] ?? '')) end++
  const block = lines.slice(at, end)
  if (line.startsWith('- ')) return { html: listOf(block), end }
  if (line.startsWith('|')) return { html: tableOf(block), end }
  return { html: `<p>${inline(block.join(' '))}</p>`, end }
}

/** The anchor that the rules name: the title's letters and digits in lower case. */
export const anchorOf = (title: string): string =>
  title
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .trim()
    .replace(/\s+/g, '-')

function headingOf(level: number, title: string): string {
  const anchor = escaped(anchorOf(title))
  return `<h${level} id="${anchor}"><a href="#${anchor}">${inline(title)}</a></h${level}>`
}

function listOf(lines: readonly string[]): string {
  const items = lines.join('\n').replace(/^- /, '').split('\n- ')
  return `<ul>${items.map((item) => `<li>${inline(item.replace(/\s*\n\s*/g, ' '))}</li>`).join('')}</ul>`
}

function tableOf(lines: readonly string[]): string {
  const rows = lines
    .filter((line) => !/^[|\s:-]+$/.test(line))
    .map((line) => line.replace(/^\||\|\s*$/g, '').split(/(?<!\\)\|/))
  const row = (cells: readonly string[], tag: string): string =>
    `<tr>${cells.map((cell) => `<${tag}>${inline(cell.trim().replaceAll('\\|', '|'))}</${tag}>`).join('')}</tr>`
  return `<table>${rows.map((cells, k) => row(cells, k === 0 ? 'th' : 'td')).join('')}</table>`
}

/**
 * Code first, since nothing within it is Markdown. A link to another document becomes plain text: only this page is
 * served.
 */
function inline(text: string): string {
  return text
    .split(/(`[^`]+`)/)
    .map((part) =>
      /^`[^`]+`$/.test(part)
        ? `<code>${escaped(part.slice(1, -1))}</code>`
        : escaped(part)
            .replace(/\[([^\]]+)\]\(([^()\s]+)\)/g, (_, words: string, target: string) =>
              /^(https?:\/\/|#)/.test(target) ? `<a href="${target}">${words}</a>` : words,
            )
            .replace(/\*\*([^*]+)\*\*/g, '<strong>$1</strong>'),
    )
    .join('')
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}
const escaped = (text: string): string => text.replace(/[&<>"']/g, (mark) => ENTITIES[mark] ?? mark)
