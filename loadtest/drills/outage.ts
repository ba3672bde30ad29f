/** One person who tries to reserve again and again: how long the service did not sell. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { CatalogueEvent } from '../../src/catalogue/model.ts'
import { tokenOf } from '../bench/sale.ts'
import type { ServiceProcess } from '../bench/service-process.ts'
import type { Stage } from '../bench/stage.ts'
import type { Facts } from './drill.ts'

const EVERY_MS = 50
const PATIENCE_MS = 3000
/** Nobody of the load itself. */
const PROBE = 2_000_000

export interface Outage {
  /** How often the person got a seat until now. */
  sold(): number
  stop(): Promise<Facts>
}

export function watchOutage(options: { api: ServiceProcess; stage: Stage; event: CatalogueEvent }): Outage {
  const { api, stage, event } = options
  const stopping = new AbortController()
  const refusals = new Map<string, number>()
  let sold = 0
  let longestMs = 0
  let lastGoodMs = performance.now()
  const zoneId = event.shows[0]?.zones[0]?.id
  const watching = (async () => {
    for (let turn = 0; !stopping.signal.aborted; turn++) {
      const answer = await ask(turn)
      const nowMs = performance.now()
      if (answer === 'sold') {
        sold++
        longestMs = Math.max(longestMs, nowMs - lastGoodMs)
        lastGoodMs = nowMs
      } else refusals.set(answer, (refusals.get(answer) ?? 0) + 1)
      await sleep(EVERY_MS)
    }
  })()

  async function ask(turn: number): Promise<string> {
    try {
      const response = await fetch(`${api.url}/api/v1/bookings/reserve`, {
        method: 'POST',
        headers: {
          authorization: `Bearer ${tokenOf(stage, PROBE + turn)}`,
          'content-type': 'application/json',
        },
        body: JSON.stringify({ event_id: event.id, zone_id: zoneId, quantity: 1 }),
        signal: AbortSignal.timeout(PATIENCE_MS),
      })
      const { code } = (await response.json()) as { code?: string }
      return response.status === 201 ? 'sold' : `${response.status} ${code ?? ''}`.trim()
    } catch {
      return 'no answer'
    }
  }

  return {
    sold: () => sold,
    async stop() {
      stopping.abort()
      await watching
      longestMs = Math.max(longestMs, performance.now() - lastGoodMs)
      const told = [...refusals].map(([answer, count]) => `${answer} × ${count}`).join(', ')
      return {
        'longest without a sale': `${(longestMs / 1000).toFixed(1)} s`,
        'refusals of one who asked all the time': told || 'none',
      }
    },
  }
}
