/** A closed loop before what is measured: compilers, caches and connections of every process have seen reservations then. */
import exec from 'k6/execution'
import type { Options } from 'k6/options'
import { shared } from '../lib/limits.ts'
import { reserve } from '../lib/requests.ts'
import { numberOf, tokenOf, zoneOf } from '../lib/settings.ts'

export const options: Options = {
  ...shared,
  discardResponseBodies: true,
  scenarios: {
    warm_up: {
      executor: 'constant-vus',
      vus: numberOf('USERS', 32),
      duration: `${numberOf('SECONDS', 10)}s`,
    },
  },
}

export default function warmUp(): void {
  const turn = exec.scenario.iterationInTest
  reserve(tokenOf(turn), { zoneId: zoneOf(turn) })
}
