/** What of the library is used; it brings no types of its own. */
declare module 'ini' {
  /** Sections are objects, values mostly strings. */
  export function parse(text: string): Record<string, unknown>
}
