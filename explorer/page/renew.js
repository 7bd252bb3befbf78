/** Puts new parts in the place of the old ones. What is as it was stays, with what is focused, scrolled and opened in it. */

const FOCUSABLE = 'a[href], button, input, summary, [tabindex]'
const focusables = (part) => [...part.querySelectorAll(FOCUSABLE)]

export function renew(main, parts) {
  const old = [...main.children]
  if (old.length !== parts.length) {
    main.replaceChildren(...parts)
    return
  }
  for (const [k, part] of parts.entries()) if (!isSame(old[k], part)) replace(old[k], part)
}

const isSame = (one, other) => one.outerHTML === other.outerHTML

function replace(old, part) {
  const focused = focusables(old).indexOf(document.activeElement)
  const scrolls = [...old.querySelectorAll('.scroll')].map(({ scrollLeft }) => scrollLeft)
  const opened = [...old.querySelectorAll('details')].map(({ open }) => open)
  // What is being typed stays.
  const typed = [...old.querySelectorAll('input')].map(({ value, defaultValue }) =>
    value === defaultValue ? null : value,
  )
  old.replaceWith(part)
  for (const [k, box] of part.querySelectorAll('.scroll').entries()) box.scrollLeft = scrolls[k] ?? 0
  for (const [k, box] of part.querySelectorAll('details').entries()) box.open = opened[k] ?? false
  for (const [k, box] of part.querySelectorAll('input').entries()) box.value = typed[k] ?? box.value
  if (focused >= 0) focusables(part)[focused]?.focus({ preventScroll: true })
}
