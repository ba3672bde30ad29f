import { Profile } from 'pprof-format'

/** The same profile with every value below zero: merged with a later one it leaves the difference. @param profile pprof, not compressed */
export function negated(profile: Uint8Array): Uint8Array {
  const decoded = Profile.decode(profile)
  for (const sample of decoded.sample) sample.value = sample.value.map((value) => -BigInt(value))
  return decoded.encode()
}
