import t from 'tap'

import { ALARMS } from './alarms/table.js'
import { anchorOf, htmlOf, runbookPage } from './runbook.js'

t.test('Markdown as HTML', (t) => {
  const cases: [what: string, markdown: string, html: string][] = [
    ['a heading', '## Miner Down!', '<h2 id="miner-down"><a href="#miner-down">Miner Down!</a></h2>'],
    ['a paragraph of two lines', 'one\ntwo', '<p>one two</p>'],
    ['paragraphs', 'one\n\ntwo\r\n', '<p>one</p>\n<p>two</p>'],
    ['a list with a long item', '- a\n  b\n- c', '<ul><li>a b</li><li>c</li></ul>'],
    ['code in a line', 'run `a <b> **c**` now', '<p>run <code>a &lt;b&gt; **c**</code> now</p>'],
    ['strong words', 'a **b** c', '<p>a <strong>b</strong> c</p>'],
    ['a block of code', '```sh\na | b\n\n# c\n```\nd', '<pre><code>a | b\n\n# c</code></pre>\n<p>d</p>'],
    ['code without an end', '```\na', '<pre><code>a</code></pre>'],
    ['a link', '[a](https://b.example/?c&d)', '<p><a href="https://b.example/?c&amp;d">a</a></p>'],
    ['a link within', '[a](#b)', '<p><a href="#b">a</a></p>'],
    ['a document that is not served', 'see [a](feed.md#b)', '<p>see a</p>'],
    ['a link that would run', '[a](javascript:alert)', '<p>a</p>'],
    [
      'an address that ends its attribute',
      '[a](#"onclick="b)',
      '<p><a href="#&quot;onclick=&quot;b">a</a></p>',
    ],
    ['elements', '<script>a</script>', '<p>&lt;script&gt;a&lt;/script&gt;</p>'],
    ['an element as a title', '# <b>', '<h1 id="b"><a href="#b">&lt;b&gt;</a></h1>'],
    [
      'a table',
      '| a | b |\n| --- | --: |\n| `c` | d \\| e |',
      '<table><tr><th>a</th><th>b</th></tr><tr><td><code>c</code></td><td>d | e</td></tr></table>',
    ],
    ['nothing', '', ''],
  ]
  for (const [what, markdown, html] of cases) t.equal(htmlOf(markdown), html, what)
  t.end()
})

t.test('the page has an entry for each alarm', (t) => {
  const page = runbookPage()
  t.ok(ALARMS.length > 40)
  for (const { id } of ALARMS) t.match(page, `<h2 id="${anchorOf(id)}">`)
  t.notMatch(page, /\]\(|^- |`|<script/m, 'nothing is left of the Markdown')
  t.end()
})
