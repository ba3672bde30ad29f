/**
 * What a decoded pprof profile will take of the heap, reckoned from its bytes alone: a few kilobytes can be millions of objects, so of a profile
 * that comes from elsewhere this is asked first. It reads as pprof-format does, tags of one byte and all: what that would decode is counted.
 */

/** A message and what is in its fields, by their numbers. Fields that pprof-format skips have none. */
interface Message {
  /** Of one, with its arrays; reckoned generously. */
  heapBytes: number
  fields: readonly (Content | undefined)[]
}
type Content = 'number' | 'numbers' | 'text' | Message

const FIELD_BYTES = 8
const NUMBER_BYTES = 16
/** Above four bytes it is a BigInt. */
const BIG_NUMBER_BYTES = 48
/** It is kept as text, and encoded again. */
const TEXT_BYTES = 500
const TEXT_BYTES_PER_BYTE = 4
/** More there is not in 64 bits, and pprof-format takes the square of their count to read them. */
const NUMBER_MAX_LENGTH = 10

function message(heapBytes: number, numberFields: number, others: Record<number, Content> = {}): Message {
  const fields = Array.from({ length: 32 }, (_, field): Content | undefined =>
    field >= 1 && field <= numberFields ? 'number' : undefined,
  )
  for (const [field, content] of Object.entries(others)) fields[Number(field)] = content
  return { heapBytes, fields }
}

const valueType = message(80, 2)
const label = message(120, 4)
const sample = message(300, 0, { 1: 'numbers', 2: 'numbers', 3: label })
const mapping = message(200, 10)
const line = message(100, 3)
const location = message(250, 5, { 4: line })
const func = message(150, 5)
const profile = message(500, 15, {
  1: valueType,
  2: sample,
  3: mapping,
  4: location,
  5: func,
  6: 'text',
  11: valueType,
  13: 'numbers',
})

/** @returns bytes; above `maxBytes` it stops counting. @throws Error when it is no profile */
export function decodedBytes(encoded: Uint8Array, maxBytes: number): number {
  let bytes = 0

  function walk(from: number, to: number, { heapBytes, fields }: Message): void {
    bytes += heapBytes
    let at = from
    while (at < to && bytes <= maxBytes) {
      const tag = encoded[at++] ?? 0
      const isMessage = (tag & 7) === 2
      if (!isMessage && (tag & 7) !== 0) throw new Error(`there is no type ${tag & 7} in a profile`)
      // Whatever the tag says, pprof-format decodes what stands there as the field's own kind.
      let end = endOfNumber(at, to)
      if (isMessage) {
        const length = numberIn(at, end)
        at = end
        end += length
        if (end > to) throw new Error('it ends in the middle')
      }
      bytes += FIELD_BYTES
      count(at, end, fields[tag >> 3])
      at = end
    }
  }

  function count(from: number, to: number, content: Content | undefined): void {
    if (content === undefined) return
    if (content === 'text') bytes += TEXT_BYTES + TEXT_BYTES_PER_BYTE * (to - from)
    else if (content === 'number') bytes += sizeOfNumber(from, from === to ? to : endOfNumber(from, to))
    else if (content === 'numbers') countNumbers(from, to)
    else walk(from, to, content)
  }

  function countNumbers(from: number, to: number): void {
    for (let at = from; at < to && bytes <= maxBytes; ) {
      const end = endOfNumber(at, to)
      bytes += sizeOfNumber(at, end)
      at = end
    }
  }

  function endOfNumber(from: number, to: number): number {
    for (let at = from; at < to && at < from + NUMBER_MAX_LENGTH; at++)
      if ((encoded[at] ?? 0) < 0x80) return at + 1
    throw new Error('there is a number without an end')
  }

  function numberIn(from: number, to: number): number {
    let value = 0
    for (let at = from; at < to; at++) value += ((encoded[at] ?? 0) & 0x7f) * 2 ** (7 * (at - from))
    return value
  }

  walk(0, encoded.byteLength, profile)
  return bytes
}

function sizeOfNumber(from: number, to: number): number {
  return to - from > 4 ? BIG_NUMBER_BYTES : NUMBER_BYTES
}
