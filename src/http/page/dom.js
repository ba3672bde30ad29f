/**
 * Makes an element. Text is only ever a text node, never markup, so whatever an event is called shows as it is
 * written. A property whose name begins with `on` is a listener; one that is null or false is left out.
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

/** Terms and what they are, as pairs. */
export function facts(...pairs) {
  return h(
    'dl',
    { class: 'facts' },
    pairs.filter(Boolean).map(([term, value]) => h('div', {}, h('dt', {}, term), h('dd', {}, value))),
  )
}

/** A control with its label; what the label says besides is `hint`. */
export function field(label, control, hint) {
  const name = hint ? [label, h('span', { class: 'hint' }, hint)] : [label]
  return h('label', { class: 'field' }, h('span', { class: 'field-name' }, ...name), control)
}

/** Runs the work of a button or a form once at a time: it is inert while the work is under way. */
export async function whileBusy(form, work) {
  if (form.getAttribute('aria-busy') === 'true') return
  form.setAttribute('aria-busy', 'true')
  try {
    await work()
  } finally {
    form.removeAttribute('aria-busy')
  }
}
