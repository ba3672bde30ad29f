/**
 * Makes an element. Text is only ever a text node, never markup, so whatever a function or a route is called shows as it is written. A
 * property whose name begins with `on` is a listener; one that is null or false is left out.
 */
export function h(tag, properties = {}, ...children) {
  const element = document.createElement(tag)
  for (const [name, value] of Object.entries(properties)) {
    if (value === null || value === undefined || value === false) continue
    if (name.startsWith('on')) element.addEventListener(name.slice(2), value)
    else element.setAttribute(name, value === true ? '' : String(value))
  }
  element.append(
    ...children.flat().filter((child) => child !== null && child !== undefined && child !== false),
  )
  return element
}

export const button = (text, onclick, more = {}) => h('button', { type: 'button', onclick, ...more }, text)

/** Changes the text only where it is another, so that nothing is selected away or laid out in vain. */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text
}

/** A part of a view with its heading. */
export function panel(title, ...children) {
  const id = `panel-${title.toLowerCase().replaceAll(/\W+/g, '-')}`
  return h('section', { class: 'panel', 'aria-labelledby': id }, h('h2', { id }, title), ...children)
}

/** A table that a keyboard can scroll where it is too wide. */
export function table(label, columns, body) {
  const head = columns.map(({ title, number }) => h('th', { scope: 'col', class: number && 'number' }, title))
  return h(
    'div',
    { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': label },
    h('table', {}, h('thead', {}, h('tr', {}, head)), body),
  )
}

/** For screen readers, without moving the focus. */
export function say(text) {
  document.getElementById('say').textContent = text
}

/** What went wrong, in words, with its stable code. */
export function problem(error) {
  return h('p', { class: 'problem', role: 'alert' }, `${error.message} `, h('code', {}, error.code ?? ''))
}
