/** Requests to this origin. Every refusal is an AskError with its code; when a token is wanted the page asks for it once. */
const KEY = 'diagnostics-token'

export class AskError extends Error {
  constructor(status, code, message) {
    super(message)
    this.name = 'AskError'
    this.status = status
    this.code = code
  }
}

let token = sessionStorage.getItem(KEY)
let asking = null

/** @returns the response, whose status is a good one. @throws AskError; AbortError when the signal ends it */
export async function ask(path, options = {}) {
  for (;;) {
    const used = token
    const response = await request(path, options)
    if (response.ok) return response
    // 401: none, or a wrong one. Another request may have asked meanwhile.
    if (response.status === 401) {
      if (used === token) await askForToken(used !== null)
      continue
    }
    const { code, message } = await response.json().catch(() => ({}))
    throw new AskError(
      response.status,
      code ?? `HTTP ${response.status}`,
      message ?? 'The server refused this.',
    )
  }
}

export const askJson = async (path, options) => (await ask(path, options)).json()

async function request(path, { method = 'GET', body, signal, headers = {} }) {
  try {
    return await fetch(path, {
      method,
      signal,
      body,
      headers: {
        'x-diagnostics-page': '1',
        ...(token && { authorization: `Bearer ${token}` }),
        ...headers,
      },
    })
  } catch (error) {
    if (error.name === 'AbortError' || signal?.aborted) throw error
    throw new AskError(0, 'no_connection', 'The diagnostics port cannot be reached.')
  }
}

/** One dialog for all who wait for a token. */
function askForToken(wasWrong) {
  asking ??= new Promise((resolve) => {
    const dialog = document.getElementById('token')
    const form = document.getElementById('token-form')
    const input = document.getElementById('token-input')
    const why = document.getElementById('token-why')
    why.textContent = `${wasWrong ? 'That token is not known here.' : 'This port asks for a token.'} It is kept by this tab alone, until it is closed.`
    input.value = ''
    dialog.showModal()
    input.focus()
    const use = (submitted) => {
      submitted.preventDefault()
      form.removeEventListener('submit', use)
      token = input.value.trim()
      sessionStorage.setItem(KEY, token)
      dialog.close()
      resolve()
    }
    form.addEventListener('submit', use)
    // There is nothing to see without one.
    dialog.addEventListener('cancel', (cancelled) => cancelled.preventDefault())
  }).finally(() => {
    asking = null
  })
  return asking
}
