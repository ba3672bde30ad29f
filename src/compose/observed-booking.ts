/** The seams around the booking's ports: how long each step took, and what was sold. */
import type { Booking } from '../booking/model.ts'
import type { Holds, Ledger, Settlement } from '../booking/ports.ts'
import type { Metrics } from '../telemetry/metrics.ts'
import { timed } from '../telemetry/timed.ts'

export function observeHolds(holds: Holds, { stepDuration }: Metrics): Holds {
  return { ...holds, open: timed(stepDuration, 'open_hold', holds.open) }
}

export function observeSettlement(settlement: Settlement, { stepDuration }: Metrics): Settlement {
  return { settle: timed(stepDuration, 'settle', settlement.settle) }
}

/** Counts an ending where it was committed: whoever asks again is answered and not counted. */
export function observeLedger(ledger: Ledger, metrics: Metrics): Ledger {
  const end = timed(metrics.stepDuration, 'commit_ending', ledger.end)
  const { currencyLabel } = metrics

  function confirmed({ createdAtMs, confirmedAtMs, ...booking }: Booking): void {
    metrics.timeToConfirm.observe(Math.max(0, ((confirmedAtMs ?? createdAtMs) - createdAtMs) / 1000))
    metrics.revenue.inc({ currency: currencyLabel(booking.currency) }, priceMinor(booking))
  }

  return {
    ...ledger,
    async end(ending) {
      const result = await end(ending)
      if (result.kind === 'ended' && result.booking.status === 'confirmed') confirmed(result.booking)
      return result
    },
    async refund(booking, generation, atMs) {
      const result = await ledger.refund(booking, generation, atMs)
      if (result.kind === 'ended') {
        metrics.refunded.inc({ currency: currencyLabel(result.booking.currency) }, priceMinor(result.booking))
      }
      return result
    },
  }
}

function priceMinor({ unitPriceMinor, quantity }: Pick<Booking, 'unitPriceMinor' | 'quantity'>): number {
  return unitPriceMinor * quantity
}
