import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import type { Profile } from 'pprof-format'
import type { Answer } from '../captures/capture.ts'
import { belowZero } from './below-zero.ts'
import { makeBudget } from './budget.ts'
import { cpuprofileOf } from './cpuprofile.ts'
import { foldedOf } from './folded.ts'
import { heapprofileOf } from './heapprofile.ts'
import { htmlOf } from './html.ts'
import { speedscopeOf } from './speedscope.ts'
import { type Stacks, stacksOf, typesOf } from './stacks.ts'
import { viewerProfileOf } from './viewer.ts'

export type ProfileFormat =
  | 'pprof'
  | 'cpuprofile'
  | 'heapprofile'
  | 'speedscope'
  | 'folded'
  | 'html'
  | 'viewer'

/**
 * A profile in the form that was asked for.
 *
 * @param type the sample type that all but pprof show
 * @throws Refusal below_zero (400): a difference, which DevTools' forms and the HTML file cannot show; profile_too_large (413)
 */
export async function formatProfile(
  profile: Profile,
  format: ProfileFormat,
  type: string,
  name: string,
): Promise<Answer> {
  const budget = makeBudget()
  switch (format) {
    case 'pprof': {
      const body = await promisify(gzip)(profile.encode())
      return { contentType: 'application/octet-stream', body, fileName: `${name}.pb.gz` }
    }
    case 'cpuprofile': {
      const body = cpuprofileOf(aboveZero(stacksOf(profile, type, budget), format), budget)
      return { contentType: 'application/json', body, fileName: `${name}.cpuprofile` }
    }
    case 'heapprofile': {
      const body = heapprofileOf(aboveZero(stacksOf(profile, type, budget), format), budget)
      return { contentType: 'application/json', body, fileName: `${name}.heapprofile` }
    }
    case 'speedscope': {
      const body = speedscopeOf(stacksOf(profile, type, budget), name, budget)
      return { contentType: 'application/json', body, fileName: `${name}.speedscope.json` }
    }
    case 'folded':
      return {
        contentType: 'text/plain; charset=utf-8',
        body: foldedOf(stacksOf(profile, type, budget), budget),
      }
    case 'html': {
      const body = await htmlOf(aboveZero(stacksOf(profile, type, budget), format), name, budget)
      return { contentType: 'text/html; charset=utf-8', body, fileName: `${name}.html` }
    }
    case 'viewer':
      return {
        contentType: 'application/json',
        body: JSON.stringify(viewerProfileOf(stacksOf(profile, type, budget), typesOf(profile), budget)),
      }
    default:
      return format satisfies never
  }
}

function aboveZero(stacks: Stacks, format: ProfileFormat): Stacks {
  if (stacks.stacks.every(({ value }) => value >= 0)) return stacks
  throw belowZero(format)
}
