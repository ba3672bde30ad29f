/** Something that the buyer is told. */
export interface Notice {
  kind: 'confirmed' | 'refunded'
  /** The same when the same is told again: whoever passes it on to people drops the second. */
  noticeId: string
  occurredAtMs: number
  bookingId: string
  userId: string
  eventId: string
  quantity: number
  totalPriceMinor: number
  /** ISO 4217 */
  currency: string
  confirmationCode: string
  traceparent: string | null
}

/** Tells buyers. @throws Unavailable when it cannot now; PoisonEvent when the notice will never be taken */
export interface Notifier {
  tell(notice: Notice): Promise<void>
}
