/** The two marks at the top: whether the service answers, and what its own checks say. */
import { ask } from './ask.js'
import { setText } from './dom.js'

const HEALTH_MS = 5000

export function mark(element, kind, text) {
  setText(element, text)
  element.className = `pill ${kind}`
}

/** What to say of processes that did not answer; null when all did. */
export function silenceInWords(silent) {
  if (silent.length === 0) return null
  const oldest = Math.max(...silent.map(({ ageSeconds }) => ageSeconds ?? 0))
  const who =
    silent.length === 1 && silent[0].worker === 0
      ? ''
      : `worker ${silent.map(({ worker }) => worker).join(', ')} `
  return { short: `${who}blocked for ${oldest.toFixed(1)} s`, oldest }
}

/** /health answers 503 with a body that says what is wrong, so it is read whatever its status. */
export function watchHealth() {
  const element = document.getElementById('health')
  async function look() {
    if (!document.hidden) {
      try {
        const { status } = await health()
        mark(element, status === 'alive' ? 'good' : 'bad', `health ${status}`)
      } catch {
        mark(element, 'bad', 'health –')
      }
    }
    setTimeout(look, HEALTH_MS)
  }
  void look()
}

async function health() {
  // /health tells a stranger one word and, as it is a probe's, refuses nobody.
  const response = await fetch('/health', { headers: { 'x-diagnostics-page': '1' } })
  if (response.status !== 200 && response.status !== 503) return (await ask('/health')).json()
  return response.json()
}
