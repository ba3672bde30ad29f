/** Numbers in words: three figures that matter, and a unit. Pure. */

const BYTES = ['B', 'KiB', 'MiB', 'GiB', 'TiB']

/** @param unit s, B, ratio, /s, nanoseconds, microseconds, bytes, count, or nothing */
export function inWords(value, unit) {
  if (value === null || value === undefined || !Number.isFinite(value)) return '–'
  switch (unit) {
    case 's':
      return secondsInWords(value)
    case 'nanoseconds':
      return secondsInWords(value / 1e9)
    case 'microseconds':
      return secondsInWords(value / 1e6)
    case 'B':
    case 'bytes':
      return bytesInWords(value)
    case 'ratio':
      return `${figures(value * 100)} %`
    case '/s':
      return `${figures(value)}/s`
    default:
      return figures(value)
  }
}

export function secondsInWords(value) {
  const size = Math.abs(value)
  if (size === 0) return '0 ms'
  if (size < 0.001) return `${figures(value * 1e6)} µs`
  if (size < 1) return `${figures(value * 1000)} ms`
  if (size < 120) return `${figures(value)} s`
  if (size < 7200) return `${figures(value / 60)} min`
  return `${figures(value / 3600)} h`
}

export function bytesInWords(value) {
  let size = value
  let index = 0
  while (Math.abs(size) >= 1024 && index < BYTES.length - 1) {
    size /= 1024
    index++
  }
  return `${figures(size)} ${BYTES[index]}`
}

export function figures(value) {
  const size = Math.abs(value)
  if (size >= 100 || Number.isInteger(value)) return Math.round(value).toLocaleString('en-GB')
  return value.toFixed(size >= 10 ? 1 : 2)
}

export function percent(share) {
  return `${(share * 100).toFixed(1)} %`
}

/** The end of a path: as much of it as tells files apart. */
export function shortFile(file) {
  const path = file.replace(/^file:\/\//, '')
  const inModules = path.lastIndexOf('/node_modules/')
  if (inModules >= 0) return path.slice(inModules + '/node_modules/'.length)
  return path.split('/').slice(-3).join('/')
}
