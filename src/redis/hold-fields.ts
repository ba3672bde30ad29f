import type { Hold } from '../booking/model.ts'

/** Reads a flat list of fields and values, as Redis gives hashes and stream entries to clients. */
export function fieldsOf(flat: readonly string[]): Record<string, string> {
  const fields: Record<string, string> = {}
  for (let i = 0; i + 1 < flat.length; i += 2) fields[flat[i] as string] = flat[i + 1] as string
  return fields
}

/** A hold from the fields that reserve.lua writes, into the hold's hash and, with its id as `b`, into the stream. */
export function holdOfFields(bookingId: string, fields: Readonly<Record<string, string>>): Hold {
  return {
    bookingId,
    userId: required(fields, 'u'),
    eventId: required(fields, 'e'),
    showId: required(fields, 's'),
    zoneId: required(fields, 'z'),
    quantity: Number(required(fields, 'q')),
    unitPriceMinor: Number(required(fields, 'p')),
    currency: required(fields, 'c'),
    createdAtMs: Number(required(fields, 't')),
    expiresAtMs: Number(required(fields, 'd')),
    idempotencyHash: fields['i'] || null,
    traceparent: fields['x'] || null,
  }
}

/** The fields of a hold's hash: what reserve.lua writes, for a rebuild. */
export function fieldsOfHold(hold: Hold): Record<string, string | number> {
  return {
    u: hold.userId,
    e: hold.eventId,
    s: hold.showId,
    z: hold.zoneId,
    q: hold.quantity,
    p: hold.unitPriceMinor,
    c: hold.currency,
    t: hold.createdAtMs,
    d: hold.expiresAtMs,
    i: hold.idempotencyHash ?? '',
    x: hold.traceparent ?? '',
  }
}

function required(fields: Readonly<Record<string, string>>, name: string): string {
  const value = fields[name]
  if (value === undefined) throw new Error(`a hold without its field ${name}`)
  return value
}
