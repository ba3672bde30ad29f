/**
 * Server-sent events read from a stream of bytes. EventSource cannot send an Authorization header, so the stream is
 * fetched, and parsed here after the HTML standard, section 9.2.6.
 */

/** An event of the queue is some hundred characters; a line without end is not kept. */
const MAX_CHARACTERS = 65_536

/**
 * Yields `{ name, data, id }` for each event and `{ retryMs }` when the service says how long to wait before coming
 * back. `onBytes` is told of every piece that arrives, keep-alive comments too.
 */
export async function* readEvents(bytes, onBytes = () => {}) {
  const reader = bytes.pipeThrough(new TextDecoderStream()).getReader()
  let rest = ''
  let event = { name: 'message', data: [] }
  let id = ''
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return
      onBytes()
      const { lines, unfinished } = splitLines(rest + value)
      rest = unfinished
      if (rest.length > MAX_CHARACTERS) throw new Error('an event is too long')
      for (const line of lines) {
        const { field, content } = fieldOf(line)
        if (line === '') {
          if (event.data.length > 0) yield { name: event.name, data: event.data.join('\n'), id }
          event = { name: 'message', data: [] }
        } else if (field === 'event') event.name = content
        else if (field === 'data') event.data.push(content)
        else if (field === 'id') id = content
        else if (field === 'retry' && /^\d+$/.test(content)) yield { retryMs: Number(content) }
      }
    }
  } finally {
    await reader.cancel().catch(() => {})
  }
}

/** Lines end in \r\n, \n or \r; a \r at the very end may be the first half of a \r\n. */
function splitLines(text) {
  const held = text.endsWith('\r') ? 1 : 0
  const lines = text.slice(0, text.length - held).split(/\r\n|\n|\r/)
  const unfinished = lines.pop() + (held ? '\r' : '')
  return { lines, unfinished }
}

function fieldOf(line) {
  const colon = line.indexOf(':')
  if (colon === -1) return { field: line, content: '' }
  return { field: line.slice(0, colon), content: line.slice(colon + 1).replace(/^ /, '') }
}
