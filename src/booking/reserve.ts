import { type CatalogueEvent, findZone } from '../catalogue/model.ts'
import type { Catalogue, Inventory } from '../catalogue/ports.ts'
import { Unavailable } from '../pipeline/unavailable.ts'
import type { Hold } from './model.ts'
import type { Admission, Admissions } from './ports.ts'

export interface ReserveCommand {
  bookingId: string
  userId: string
  eventId: string
  zoneId: string
  showId: string | null
  quantity: number
  /** The price that the client saw; refused when it is not the price now. null: the client did not say. */
  expectedUnitPriceMinor: number | null
  idempotencyHash: string | null
  traceparent: string | null
  /** The queue pass that came with it, as far as its signature says. */
  pass: ProvedPass
}

/** `none`: no pass was sent. The reasons stand for themselves: a pass that is refused is as good as none. */
export type ProvedPass =
  | { kind: 'valid'; id: string }
  | { kind: 'none' }
  | { kind: 'forged' }
  | { kind: 'expired' }
  | { kind: 'mismatch' }

export type ReserveOutcome =
  | { kind: 'reserved'; hold: Hold; remaining: number; replayed: boolean }
  | { kind: 'event_not_found' }
  | { kind: 'zone_not_found' }
  | { kind: 'not_on_sale' }
  | { kind: 'pass_required' }
  | { kind: 'pass_refused'; why: 'forged' | 'expired' | 'mismatch' | 'used' }
  | { kind: 'price_changed'; unitPriceMinor: number }
  | { kind: 'key_reused' }
  | { kind: 'limit_exceeded'; taken: number; maxTicketsPerUser: number }
  | { kind: 'sold_out'; available: number }
  | { kind: 'backlog_full' }

/**
 * Asked with this version, the seat store admits nothing new, and still answers for a key that it knows: a retry gets its booking
 * although the price has changed since.
 */
const NO_VERSION = 0

export type Reserve = (command: ReserveCommand) => Promise<ReserveOutcome>

/**
 * Holds seats for a person. The catalogue is read from memory; when the seat store answers that this memory is old, or
 * it names what the memory does not have, it is read again, once.
 */
export function makeReserve(deps: {
  catalogue: Catalogue
  inventory: Inventory
  admissions: Admissions
  holdMs: number
}): Reserve {
  const { catalogue, inventory, admissions, holdMs } = deps

  async function attempt(command: ReserveCommand, event: CatalogueEvent): Promise<ReserveOutcome | Stale> {
    const found = findZone(event, command.zoneId, command.showId)
    if (!found)
      return {
        kind: 'stale',
        outcome: { kind: 'zone_not_found' },
        storeVersion: null,
      }
    const { show, zone } = found
    const { expectedUnitPriceMinor } = command
    const changed: Stale | null =
      expectedUnitPriceMinor !== null && expectedUnitPriceMinor !== zone.priceMinor
        ? {
            kind: 'stale',
            outcome: { kind: 'price_changed', unitPriceMinor: zone.priceMinor },
            storeVersion: null,
          }
        : null
    if (changed && command.idempotencyHash === null) return changed
    const admission = await admissions.admit({
      bookingId: command.bookingId,
      userId: command.userId,
      eventId: event.id,
      showId: show.id,
      zoneId: zone.id,
      quantity: command.quantity,
      unitPriceMinor: zone.priceMinor,
      currency: zone.currency,
      idempotencyHash: command.idempotencyHash,
      traceparent: command.traceparent,
      catalogueVersion: changed ? NO_VERSION : event.version,
      maxTicketsPerUser: event.maxTicketsPerUser,
      holdMs,
      queueRequired: event.queueRequired,
      passId: command.pass.kind === 'valid' ? command.pass.id : null,
    })
    if (changed && admission.kind !== 'replayed' && admission.kind !== 'key_reused') return changed
    if (admission.kind === 'stale_catalogue') {
      return { kind: 'stale', outcome: null, storeVersion: admission.version }
    }
    return outcomeOf(admission, event, command.pass)
  }

  return async (command) => {
    const remembered = await catalogue.get(command.eventId)
    if (!remembered) return { kind: 'event_not_found' }
    const first = await attempt(command, remembered)
    if (first.kind !== 'stale') return first

    const current = await catalogue.refresh(remembered.id)
    if (!current) return { kind: 'event_not_found' }
    if (first.storeVersion !== null && first.storeVersion < current.version) {
      await inventory.publishSale(current)
    } else if (current.version === remembered.version && first.outcome) {
      return first.outcome
    }
    const second = await attempt(command, current)
    if (second.kind !== 'stale') return second
    if (second.outcome) return second.outcome
    throw new Unavailable(`catalogue version ${current.version} of event ${current.id}`)
  }
}

/** The reservation was made from an old catalogue; `outcome` holds if the catalogue turns out not to be old. */
interface Stale {
  kind: 'stale'
  outcome: ReserveOutcome | null
  storeVersion: number | null
}

function outcomeOf(
  admission: Exclude<Admission, { kind: 'stale_catalogue' }>,
  event: CatalogueEvent,
  pass: ProvedPass,
): ReserveOutcome {
  switch (admission.kind) {
    case 'reserved':
    case 'replayed': {
      const { hold, remaining } = admission
      return {
        kind: 'reserved',
        hold,
        remaining,
        replayed: admission.kind === 'replayed',
      }
    }
    case 'limit_exceeded':
      return { ...admission, maxTicketsPerUser: event.maxTicketsPerUser }
    case 'pass_required':
      return pass.kind === 'none' || pass.kind === 'valid'
        ? { kind: 'pass_required' }
        : { kind: 'pass_refused', why: pass.kind }
    case 'pass_unknown':
      return { kind: 'pass_refused', why: 'used' }
    case 'key_reused':
    case 'not_on_sale':
    case 'sold_out':
    case 'backlog_full':
      return admission
    default:
      return admission satisfies never
  }
}
