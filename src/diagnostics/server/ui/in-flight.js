/** What is going on at this moment: stacks, what is in flight, and how much is logged. */
import { ask, askJson } from './ask.js'
import { button, h, panel, problem } from './dom.js'

const LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']

export function makeFlight(element) {
  element.append(
    textPanel(
      'Stacks now',
      'Take the stacks',
      '/debug/stacks',
      'What the main thread is doing, also while it is blocked.',
    ),
    textPanel(
      'In flight',
      'List what is in flight',
      '/debug/pprof/goroutine?debug=1',
      'Requests, waits, commands, timers and handles, as Go lists its goroutines.',
    ),
    textPanel(
      'Counters and configuration',
      'Show them',
      '/debug/vars',
      'What the processes say of themselves, secrets removed.',
    ),
    logLevel(),
  )
  return {}
}

/** A route that answers in text or JSON, read when somebody asks. */
function textPanel(title, action, path, about) {
  const shown = h('div', { 'aria-live': 'polite' })
  const press = button(action, async () => {
    press.disabled = true
    try {
      const response = await ask(path)
      const text = await response.text()
      const isJson = /json/.test(response.headers.get('content-type') ?? '')
      const readable = isJson ? JSON.stringify(JSON.parse(text), null, 2) : text
      shown.replaceChildren(h('pre', { tabindex: 0 }, readable))
    } catch (error) {
      shown.replaceChildren(missing(error) ?? problem(error))
    } finally {
      press.disabled = false
    }
  })
  return panel(title, h('p', { class: 'muted' }, about), h('p', { class: 'actions' }, press), shown)
}

/** Not every version has every route, and not every token opens it: that is said, and nothing more. */
export function missing({ status, message }) {
  if (status === 404) return h('p', { class: 'note' }, `Not here: ${message}.`)
  if (status === 403) return h('p', { class: 'note' }, `Not with this token: ${message}.`)
  return null
}

function logLevel() {
  const select = h(
    'select',
    { name: 'level' },
    LEVELS.map((level) => h('option', {}, level)),
  )
  const shown = h('div', { 'aria-live': 'polite' })
  const form = h(
    'form',
    { class: 'actions' },
    h('label', { class: 'field' }, 'Level', select),
    h('button', { type: 'submit' }, 'Change it'),
  )
  const guarded = async (work) => {
    try {
      shown.replaceChildren(await work())
    } catch (error) {
      shown.replaceChildren(missing(error) ?? problem(error))
      form.hidden = error.status === 404
    }
  }
  form.addEventListener('submit', (submitted) => {
    submitted.preventDefault()
    void guarded(async () => {
      const { before, level } = await askJson(`/debug/loglevel?level=${select.value}`, { method: 'PUT' })
      return h(
        'p',
        { class: 'muted' },
        `It was ${before} and is ${level} now, in every process, until it is changed again.`,
      )
    })
  })
  void guarded(async () => {
    const { level } = await askJson('/debug/loglevel')
    select.value = level
    return ''
  })
  return panel('Log level', form, shown)
}
