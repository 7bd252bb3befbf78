/** Colours of the plots: light ones in the picture, dark ones by a style sheet in it, which follows the reader's system. */

/** Light. Each colour stands for one thing only, so that the style sheet can find it. */
export const INK = {
  paper: '#ffffff',
  text: '#1f2328',
  faint: '#59636e',
  axis: '#818b98',
  grid: '#d8dee4',
  lines: ['#0969da', '#bc4c00', '#1a7f37', '#8250df', '#bf3989', '#7d6a00'],
} as const

/** The dark colours, with a contrast of 4.5 and more on their paper. */
const DARK: Readonly<Record<string, string>> = {
  '#ffffff': '#0d1117',
  '#1f2328': '#e6edf3',
  '#59636e': '#9198a1',
  '#818b98': '#656c76',
  '#d8dee4': '#2a313c',
  '#0969da': '#58a6ff',
  '#bc4c00': '#f0883e',
  '#1a7f37': '#3fb950',
  '#8250df': '#bc8cff',
  '#bf3989': '#f778ba',
  '#7d6a00': '#d4b72c',
}

/** A style sheet wins over the attributes that hold the light colours. */
export const DARK_MODE = `<style>@media (prefers-color-scheme:dark){${Object.entries(DARK)
  .map(([light, dark]) => `[fill="${light}"]{fill:${dark}}[stroke="${light}"]{stroke:${dark}}`)
  .join('')}}</style>`
