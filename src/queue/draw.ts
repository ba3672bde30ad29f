/**
 * The pre-queue's lottery. The key is made before anybody can join, its hash is published at once, and the key itself after the
 * draw: so nobody can choose an id by its place, and everybody can check the order afterwards.
 */
import { createHmac, hash } from 'node:crypto'

/** What is published before the draw: SHA-256 of the key's 64 hex digits, in hex. */
export function commitmentOf(drawKey: string): string {
  return hash('sha256', drawKey)
}

/**
 * A person's score; the smallest comes first, and among equals the smaller id. The first 52 bits of HMAC-SHA-256 over the user
 * id, keyed with the key's 64 hex digits as text: as many as a double holds exactly.
 */
export function drawScore(drawKey: string, userId: string): number {
  return Number.parseInt(createHmac('sha256', drawKey).update(userId).digest('hex').slice(0, 13), 16)
}
