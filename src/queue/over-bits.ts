/**
 * Counts who does not wait any more, from the bitmap that Redis keeps: bit n stands for number n, the most significant bit of a
 * byte first. Counting is done once a read; after that a position costs two look-ups, for any number of listeners.
 */
export interface OverBits {
  /** Whether a number is over. Numbers before the first byte count as over. */
  has(seq: number): boolean
  /** Numbers in `served` < n < `seq` that are over. */
  between(served: number, seq: number): number
}

/** Bits set in each value of a byte. */
const BITS = Uint8Array.from({ length: 256 }, (_, byte) => {
  let bits = 0
  for (let rest = byte; rest > 0; rest >>= 1) bits += rest & 1
  return bits
})

/** @param from number of the first byte */
export function makeOverBits(bytes: Uint8Array, from: number): OverBits {
  // before[i]: bits set in the bytes before byte i.
  const before = new Uint32Array(bytes.length + 1)
  for (let i = 0; i < bytes.length; i++)
    before[i + 1] = (before[i] as number) + (BITS[bytes[i] as number] as number)

  /** Bits set below a number, from the first byte on. */
  function below(seq: number): number {
    const bit = seq - from * 8
    if (bit <= 0) return 0
    const index = Math.floor(bit / 8)
    if (index >= bytes.length) return before[bytes.length] as number
    const inByte = (bytes[index] as number) >> (8 - (bit % 8))
    return (before[index] as number) + (BITS[inByte] as number)
  }

  return {
    has(seq) {
      const bit = seq - from * 8
      if (bit < 0) return true
      const byte = bytes[Math.floor(bit / 8)] ?? 0
      return ((byte >> (7 - (bit % 8))) & 1) === 1
    },
    between: (served, seq) => below(seq) - below(served + 1),
  }
}
