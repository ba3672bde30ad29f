import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { makeOverBits } from '../../src/queue/over-bits.ts'

test('counting in the bitmap is counting one by one', () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.integer({ min: 0, max: 300 }), { maxLength: 120 }),
      fc.integer({ min: 0, max: 300 }),
      fc.integer({ min: 1, max: 320 }),
      (over, served, ahead) => {
        const bytes = new Uint8Array(40)
        for (const seq of over) bytes[seq >> 3] = (bytes[seq >> 3] as number) | (0x80 >> (seq % 8))
        const from = Math.floor(served / 8)
        const bits = makeOverBits(bytes.subarray(from), from)
        const seq = served + ahead
        const counted = over.filter((one) => one > served && one < seq).length
        return bits.between(served, seq) === counted && bits.has(seq) === over.includes(seq)
      },
    ),
  )
  assert.equal(makeOverBits(new Uint8Array(0), 0).between(0, 10), 0)
})
