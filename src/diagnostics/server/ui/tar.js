/** Reads one file out of a tar archive (POSIX ustar), as artifacts of the flight recorder are. */
const BLOCK = 512

/** @returns the bytes of the file, or null when it is not there or the archive is none */
export function fileInTar(bytes, wanted) {
  const text = (at, length) => {
    const part = bytes.subarray(at, at + length)
    const end = part.indexOf(0)
    return new TextDecoder().decode(end < 0 ? part : part.subarray(0, end))
  }
  for (let at = 0; at + BLOCK <= bytes.byteLength; ) {
    const name = text(at, 100)
    if (name === '') return null
    const size = Number.parseInt(text(at + 124, 12).trim(), 8)
    if (!(size >= 0)) return null
    const start = at + BLOCK
    if (name === wanted || name === `./${wanted}`)
      return start + size <= bytes.byteLength ? bytes.slice(start, start + size) : null
    at = start + Math.ceil(size / BLOCK) * BLOCK
  }
  return null
}

/** @throws TypeError for what is not gzip */
export async function gunzipped(bytes) {
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'))
  return new Uint8Array(await new Response(stream).arrayBuffer())
}
