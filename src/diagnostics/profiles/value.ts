/** A value as the profile means it: what is below zero is read as a number of 64 bits without a sign. */
export function signedValue(value: number | bigint | undefined): number {
  return typeof value === 'bigint' ? Number(BigInt.asIntN(64, value)) : (value ?? 0)
}
