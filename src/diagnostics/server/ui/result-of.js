/** What an answer is, and what can be done with it. */
import { ask, askJson } from './ask.js'
import { fileInTar, gunzipped } from './tar.js'

/** What the flight recorder calls the merged profile in its archives. */
const PROFILE_FILE = 'profile.pb.gz'
const TEXT_MAX_BYTES = 2 * 1024 * 1024

/** pprof can be looked at here, in every form; text can be read; the rest is for other programs. */
export function kindOfAnswer(response, given = new URLSearchParams()) {
  const type = response.headers.get('content-type') ?? ''
  const format = given.get('format')
  if (/octet-stream|x-protobuf/.test(type) && (format === null || format === 'pprof')) return 'pprof'
  if (/application\/gzip/.test(type)) return 'archive'
  return /^text\/(?!html)|json/.test(type) ? 'text' : 'file'
}

/** @throws AskError when a profile cannot be read by the server */
export async function resultOf(response, { name, address, kind, signal }) {
  const bytes = new Uint8Array(await response.arrayBuffer())
  const type = response.headers.get('content-type') ?? ''
  const fileName = /filename="([^"]+)"/.exec(response.headers.get('content-disposition') ?? '')?.[1]
  const base = { name, address, bytes, type, fileName: fileName ?? name, title: `${name}, ${clock()}` }
  if (kind === 'pprof' && bytes[0] === 0x1f) return { ...base, profile: await viewed(bytes, { signal }) }
  if (kind === 'archive') {
    const inside = await profileIn(bytes)
    if (inside) {
      const archive = { bytes, fileName: base.fileName }
      return { ...base, archive, bytes: inside, profile: await viewed(inside, { signal }) }
    }
  }
  const isReadable = kind === 'text' && bytes.byteLength <= TEXT_MAX_BYTES
  return { ...base, text: isReadable ? indented(new TextDecoder().decode(bytes), type) : null }
}

/** The profile of an archive; null where there is none, or it is no archive. */
async function profileIn(bytes) {
  try {
    return fileInTar(await gunzipped(bytes), PROFILE_FILE)
  } catch {
    return null
  }
}

/** A profile as the views here read it. @param type of its values; the one that it puts first in sight without */
export function viewed(bytes, { type = '', signal } = {}) {
  return askJson(addressOf('viewer', type), { method: 'POST', body: bytes, signal })
}

/** @returns the bytes of the profile in another form */
export async function converted(bytes, format, type) {
  return (await ask(addressOf(format, type), { method: 'POST', body: bytes })).blob()
}

const addressOf = (format, type) =>
  `/debug/pprof/convert?format=${format}${type ? `&type=${encodeURIComponent(type)}` : ''}`

/** Speedscope and DevTools files are long lines of JSON, and not to be read. */
function indented(text, type) {
  if (!/json/.test(type) || text.length > 200_000) return text
  try {
    return JSON.stringify(JSON.parse(text), null, 2)
  } catch {
    return text
  }
}

const clock = () => new Date().toLocaleTimeString('en-GB')

/** Saves what is in memory: a link could not carry the token. */
export function save(blob, fileName) {
  const url = URL.createObjectURL(blob)
  const link = document.createElement('a')
  link.href = url
  link.download = fileName
  link.click()
  setTimeout(() => URL.revokeObjectURL(url), 10_000)
}
