import { notRecording } from '../../captures/flight.ts'
import type { Route } from '../route.ts'

/** Each rule: its state, the last value, what is left of its hour's budget, and what it captured last. */
export const rulesRoute: Route = {
  path: '/debug/rules',
  methods: { GET: 'profile' },
  answer({ server }) {
    if (!server.rules) throw notRecording()
    const body = `${JSON.stringify({ rules: server.rules.describe() }, null, 2)}\n`
    return { contentType: 'application/json', body }
  },
}
