/**
 * The way of a purchase: one step at a time stands on the stage. Entering a step ends everything that the one before
 * had going (streams, countdowns, requests) and moves the focus to its heading.
 */
import { button, h } from './dom.js'
import { makeProblemBox } from './problems.js'

export function makeFlow({ stage, stepper, steps, onStep }) {
  let leaving = new AbortController()

  async function go(name, given = {}, { focus = true } = {}) {
    leaving.abort(new DOMException('the step was left', 'AbortError'))
    leaving = new AbortController()
    const { signal } = leaving
    const step = steps[name]
    const heading = h('h2', { tabindex: '-1' }, step.title)
    const problem = makeProblemBox()
    const body = h('div', { class: 'step' })
    stage.replaceChildren(heading, problem.element, body)
    markStep(stepper, Object.keys(steps).indexOf(name))
    if (focus) heading.focus()
    onStep(name)
    /** Shows what goes wrong in `work`, unless the visitor has gone on meanwhile. */
    const guarded = async (work) => {
      problem.clear()
      try {
        await work()
      } catch (error) {
        if (signal.aborted) return
        if (error.name !== 'ApiError') console.error(error)
        problem.show(error)
      }
    }
    await guarded(async () => {
      try {
        await step.enter({ heading, body, problem, guarded, signal, go }, given)
      } catch (error) {
        // A step that did not come about is tried again by whoever wants it.
        if (!signal.aborted && body.childElementCount === 0)
          body.append(button('Try again', () => go(name, given)))
        throw error
      }
    })
  }
  return { go }
}

function markStep(stepper, current) {
  for (const [index, item] of [...stepper.children].entries()) {
    if (index === current) item.setAttribute('aria-current', 'step')
    else item.removeAttribute('aria-current')
    item.classList.toggle('done', index < current)
  }
}
