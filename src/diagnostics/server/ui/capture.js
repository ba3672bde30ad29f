/** One capture of the index: its parameters, what it costs, and a run of it with a countdown that can be cancelled. */
import { ask } from './ask.js'
import { button, h, problem } from './dom.js'
import { kindOfAnswer, resultOf } from './result-of.js'

const SHORT_SECONDS = 10

export function makeCaptureCard(capture, { add }) {
  const { name, route, method, shows, cost, params } = capture
  // What can be looked at here is taken as pprof: every other form and value is made of it later.
  const isProfile = params.format?.of?.includes('pprof')
  const asked = Object.entries(params).filter(([param]) => !(isProfile && ['format', 'type'].includes(param)))
  const fields = asked.map(([param, spec]) => fieldOf(param, spec))
  const start = h('button', { type: 'submit', class: 'primary' }, `Capture ${name}`)
  const state = h('div')
  const form = h(
    'form',
    { class: 'capture panel', 'aria-label': `Capture ${name}` },
    h('h3', {}, name, ' ', h('code', { class: 'muted' }, method === 'GET' ? route : `${method} ${route}`)),
    h('p', {}, shows),
    h('p', { class: 'cost' }, 'Cost: ', cost),
    h('div', { class: 'actions' }, fields, start),
    state,
  )
  form.addEventListener('submit', (submitted) => {
    submitted.preventDefault()
    if (!start.disabled) void run()
  })

  async function run() {
    const given = new URLSearchParams()
    for (const [key, value] of new FormData(form)) if (value !== '') given.set(key, value)
    if (isProfile && params.format.default !== 'pprof') given.set('format', 'pprof')
    const gone = new AbortController()
    const progress = makeProgress(Number(given.get('seconds') ?? 0), () => gone.abort())
    start.disabled = true
    state.replaceChildren(progress.element)
    const address = `${route}${given.size > 0 ? `?${given}` : ''}`
    try {
      const response = await ask(address, { method, signal: gone.signal })
      const result = await resultOf(response, {
        name,
        address,
        kind: kindOfAnswer(response, given),
        signal: gone.signal,
      })
      state.replaceChildren(h('p', { class: 'muted' }, costOf(response)))
      add(result)
    } catch (error) {
      state.replaceChildren(
        gone.signal.aborted ? h('p', { class: 'muted', role: 'status' }, 'Cancelled.') : problem(error),
      )
    } finally {
      progress.stop()
      start.disabled = false
    }
  }
  return form
}

function fieldOf(name, spec) {
  const byDefault = spec.default ?? ''
  if (spec.kind === 'choice') {
    const options = spec.of.map((value) => h('option', { value, selected: value === byDefault }, value))
    return h('label', { class: 'field', title: spec.meaning }, name, h('select', { name }, options))
  }
  // Somebody who waits at a page wants to see something soon.
  const value = name === 'seconds' && byDefault !== '' ? Math.min(byDefault, SHORT_SECONDS) : byDefault
  const input = h('input', {
    type: 'number',
    name,
    min: spec.min,
    max: spec.max,
    value,
    placeholder: name === 'worker' ? 'all' : null,
  })
  return h('label', { class: 'field', title: spec.meaning }, name, input)
}

/** Counts down what the capture watches; what comes after that takes as long as it takes. */
function makeProgress(seconds, cancel) {
  const bar = h(
    'progress',
    seconds > 0 ? { max: seconds, value: 0, 'aria-label': 'Progress' } : { 'aria-label': 'Progress' },
  )
  const text = h('span', { role: 'timer' }, 'under way')
  const beganMs = performance.now()
  const timer = setInterval(() => {
    const passed = (performance.now() - beganMs) / 1000
    if (seconds > 0) bar.value = Math.min(seconds, passed)
    const left = Math.ceil(seconds - passed)
    text.textContent = left > 0 ? `${left} s left` : seconds > 0 ? 'collecting' : 'under way'
  }, 200)
  return {
    element: h('div', { class: 'running' }, text, button('Cancel', cancel), bar),
    stop: () => clearInterval(timer),
  }
}

/** What the capture says that it cost. */
function costOf({ headers }) {
  const stall = headers.get('x-diagnostics-stall-ms')
  const partial = headers.get('x-diagnostics-partial')
  return [
    'Done.',
    stall !== null &&
      `It held the main thread for ${stall} ms at most and took ${headers.get('x-diagnostics-cpu-ms')} ms of CPU.`,
    partial && `Without ${partial}.`,
  ]
    .filter(Boolean)
    .join(' ')
}
