import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import type { Profile } from 'pprof-format'
import type { Answer } from '../captures/capture.ts'
import { cpuprofileOf } from './cpuprofile.ts'
import { foldedOf } from './folded.ts'
import { htmlOf } from './html.ts'
import { speedscopeOf } from './speedscope.ts'
import { stacksOf, typesOf } from './stacks.ts'
import { viewerProfileOf } from './viewer.ts'

export type ProfileFormat = 'pprof' | 'cpuprofile' | 'speedscope' | 'folded' | 'html' | 'viewer'

/** A profile in the form that was asked for. @param type the sample type that all but pprof show */
export async function formatProfile(
  profile: Profile,
  format: ProfileFormat,
  type: string,
  name: string,
): Promise<Answer> {
  switch (format) {
    case 'pprof': {
      const body = await promisify(gzip)(profile.encode())
      return { contentType: 'application/octet-stream', body, fileName: `${name}.pb.gz` }
    }
    case 'cpuprofile': {
      const body = cpuprofileOf(stacksOf(profile, type))
      return { contentType: 'application/json', body, fileName: `${name}.cpuprofile` }
    }
    case 'speedscope': {
      const body = speedscopeOf(stacksOf(profile, type), name)
      return { contentType: 'application/json', body, fileName: `${name}.speedscope.json` }
    }
    case 'folded':
      return { contentType: 'text/plain; charset=utf-8', body: foldedOf(stacksOf(profile, type)) }
    case 'html': {
      const body = await htmlOf(stacksOf(profile, type), name)
      return { contentType: 'text/html; charset=utf-8', body, fileName: `${name}.html` }
    }
    case 'viewer':
      return {
        contentType: 'application/json',
        body: JSON.stringify(viewerProfileOf(stacksOf(profile, type), typesOf(profile))),
      }
    default:
      return format satisfies never
  }
}
