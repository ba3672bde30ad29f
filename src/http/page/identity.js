/**
 * Who one is in a view. Where the service hands out tokens for the asking, one is a guest at once; elsewhere a token is
 * pasted.
 */
import { call } from './api.js'
import { button, field, h } from './dom.js'
import { makeProblemBox } from './problems.js'
import { canBeAnybody, claimsOf, keepToken, tokenOf } from './session.js'

/** @param options.onChange is called with the view's new token in place */
export function makeIdentity(element, { view, onChange }) {
  const problem = makeProblemBox()

  async function becomeSomebody() {
    const { token } = await call('POST', '/demo/token', { view: null, body: { role: view } })
    keepToken(view, token)
  }

  async function change(work) {
    problem.clear()
    try {
      await work()
      show()
      await onChange()
    } catch (error) {
      problem.show(error)
    }
  }

  function show() {
    const claims = claimsOf(tokenOf(view) ?? '')
    const who = claims
      ? h('p', {}, 'You are ', h('strong', {}, claims.user), ` (${claims.role}). `)
      : h('p', {}, 'You are nobody yet. ')
    if (canBeAnybody) {
      who.append(button('Be somebody else', () => change(becomeSomebody), { class: 'small' }))
      element.replaceChildren(who, problem.element)
    } else {
      element.replaceChildren(who, pasteForm(Boolean(claims)), problem.element)
    }
  }

  function pasteForm(isKnown) {
    const input = h('textarea', { rows: 3, required: true, autocomplete: 'off', spellcheck: 'false' })
    const form = h(
      'form',
      { class: 'stack' },
      field(
        'Access token',
        input,
        ` npm run -s token -- --user you --role ${view} prints one; it stays in this tab.`,
      ),
      h('button', { type: 'submit', class: 'primary' }, 'Use this token'),
    )
    form.addEventListener('submit', (submitted) => {
      submitted.preventDefault()
      void change(async () => {
        const token = input.value.trim()
        if (claimsOf(token) === null)
          throw Object.assign(new Error('that is not a token'), { code: 'UNAUTHORIZED' })
        keepToken(view, token)
      })
    })
    return isKnown ? h('details', {}, h('summary', {}, 'Use another token'), form) : form
  }

  return {
    /** Makes the visitor somebody where that can be had for the asking. */
    async begin() {
      if (tokenOf(view) === null && canBeAnybody) await change(becomeSomebody)
      else {
        show()
        await onChange()
      }
    },
    isKnown: () => tokenOf(view) !== null,
  }
}
