/** What is known of an artifact: a file of JSON beside it, and what an artifact may be called. */
import { Refusal } from '../refusal.ts'

export interface Manifest {
  name: string
  /** flight, heapsnapshot, … */
  kind: string
  bytes: number
  sha256: string
  /** ISO 8601. */
  created: string
  /** What made it: the name of a rule, `request`, … */
  trigger: string
  /** What it shows, in a sentence. */
  verdict?: string
  /** Of the source that ran. */
  revision?: string
  /** Samples of the CPU a second in the process that it is of, then; none where it was not profiled continuously, or by an older version. */
  samplingHertz?: number
  /** Who may fetch it, where that is more than a profile: memory holds the application's data. */
  scope?: 'heap'
}

export const MANIFEST = '.manifest.json'

/** No separator, no leading dot: a name can be nothing but a file of the directory, and none of the store's own. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,119}$/

export function isName(name: string): boolean {
  return NAME.test(name) && !name.endsWith(MANIFEST) && !name.startsWith('state.json')
}

/** @throws Refusal bad_name (400) */
export function checkName(name: string): string {
  if (isName(name)) return name
  const message = "an artifact's name has letters, digits and . _ - only, 120 characters at most"
  throw new Refusal({ status: 400, code: 'bad_name', message })
}

/** Null for what is no manifest of that artifact: the directory may have been written by others. */
export function parseManifest(text: string, name: string): Manifest | null {
  try {
    const found = JSON.parse(text) as Partial<Manifest>
    const { kind, bytes, sha256, created, trigger } = found
    const texts = [kind, sha256, created, trigger].every((one) => typeof one === 'string')
    const dated = Number.isFinite(Date.parse(String(created)))
    return found.name === name && texts && dated && Number.isSafeInteger(bytes) ? (found as Manifest) : null
  } catch {
    return null
  }
}
