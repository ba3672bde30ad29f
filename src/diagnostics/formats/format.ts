import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import type { Profile } from 'pprof-format'
import type { Answer } from '../captures/capture.ts'
import { cpuprofileOf } from './cpuprofile.ts'
import { foldedOf } from './folded.ts'
import { speedscopeOf } from './speedscope.ts'
import { stacksOf } from './stacks.ts'

export type ProfileFormat = 'pprof' | 'cpuprofile' | 'speedscope' | 'folded'

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
    default:
      return format satisfies never
  }
}
