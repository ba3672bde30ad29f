/** What a request's questions cost the processes that answered them; every answer says it in its headers. */
import { AsyncLocalStorage } from 'node:async_hooks'
import type { Cost } from '../link/protocol.ts'

const bills = new AsyncLocalStorage<Cost[]>()

/** What is asked of processes in `work`, also behind its awaits, is put on this bill. */
export function withBill<T>(bill: Cost[], work: () => T): T {
  return bills.run(bill, work)
}

/** Undefined for what nobody's request asks. A question that several requests share is the first one's. */
export function payer(): ((cost: Cost) => void) | undefined {
  const bill = bills.getStore()
  return bill && ((cost) => void bill.push(cost))
}

/** Processes stall beside each other; their work and memory add up. */
export function sumOfCosts(costs: readonly Cost[]): Cost {
  return {
    stallMs: Math.max(0, ...costs.map(({ stallMs }) => stallMs)),
    cpuMs: costs.reduce((sum, { cpuMs }) => sum + cpuMs, 0),
    peakBytes: costs.reduce((sum, { peakBytes }) => sum + peakBytes, 0),
  }
}

export function costHeaders({ stallMs, cpuMs, peakBytes }: Cost, seconds: number): Record<string, string> {
  return {
    'x-diagnostics-stall-ms': stallMs.toFixed(1),
    'x-diagnostics-cpu-ms': cpuMs.toFixed(1),
    'x-diagnostics-peak-bytes': String(Math.round(peakBytes)),
    'x-diagnostics-duration-ms': (seconds * 1000).toFixed(0),
  }
}
