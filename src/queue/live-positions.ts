/**
 * Positions for any number of listeners at the cost of one read per event and tick: the store says how far the queue was served
 * and who is over, and each listener's position is counted from that. Only listeners at the front, who may have been let in,
 * are named in the read; and those whom the read does not explain are asked for one by one, a bounded number a tick.
 */
import { estimatedWaitSeconds, type Pass, passOf, type Standing } from './model.ts'
import { makeOverBits } from './over-bits.ts'
import type { Listening, Places, PositionReply, Tick } from './ports.ts'

export type LiveUpdate =
  | { kind: 'position'; position: number; total: number; estimatedWaitSeconds: number | null }
  | { kind: 'ready'; pass: Pass }
  /** `lost`: the store does not know the place; the join token restores it. */
  | { kind: 'closed'; reason: 'passed_over' | 'not_in_queue' | 'sale_over' | 'pass_over' | 'lost' }

/** Somebody who is in the queue, as a first look found them. */
export type Standpoint = Extract<PositionReply, { kind: 'waiting' | 'ready' | 'pre_queue' }>

export interface Subscription {
  /** Tells nothing more. */
  end(): void
}

export interface LivePositions {
  /** Tells what `first` says, and from then on whatever changes. */
  listen(eventId: string, userId: string, first: Standpoint, tell: (update: LiveUpdate) => void): Subscription
  listeners(): number
  /** One round over all events; concurrent calls share it. */
  tick(): Promise<void>
}

interface Listener {
  userId: string
  seq: number
  /** The last position told; -1 when none was. */
  position: number
  pass: Pass | null
  tell: (update: LiveUpdate) => void
}

interface Room {
  listeners: Set<Listener>
  epochMs: number | null
  served: number
  rate: number
  heardAtMs: number
}

const FRONT_MAX = 1000
const UNCLEAR_MAX = 500
/** Listeners are noted in the store this often: several times before they would be passed over. */
const HEARD_EVERY_MS = 15_000

export function makeLivePositions(deps: {
  places: Places
  listening: Listening
  tickMs: number
  nowMs: () => number
  onError: (error: unknown) => void
}): LivePositions {
  const { places, listening, tickMs, nowMs } = deps
  const rooms = new Map<string, Room>()
  let running: Promise<void> | null = null

  /** Whoever may have been let in since the last read, first come first. */
  function frontOf(room: Room): Listener[] {
    const horizon = room.served + Math.max(50, Math.ceil((room.rate * 2 * tickMs) / 1000))
    const front: Listener[] = []
    for (const listener of room.listeners) {
      if (listener.pass === null && listener.seq > 0 && listener.seq <= horizon) front.push(listener)
    }
    return front.sort((a, b) => a.seq - b.seq).slice(0, FRONT_MAX)
  }

  async function tickRoom(eventId: string, room: Room): Promise<void> {
    const front = frontOf(room)
    const tick = await listening.tick(
      eventId,
      front.map(({ userId }) => userId),
    )
    if (!tick || (room.epochMs !== null && room.epochMs !== tick.epochMs)) {
      for (const listener of [...room.listeners]) close(room, listener, 'lost')
      return
    }
    room.epochMs = tick.epochMs
    room.served = tick.served
    room.rate = tick.releaseRatePerSecond
    for (const [i, listener] of front.entries()) {
      const id = tick.passes[i]
      if (id && room.listeners.has(listener)) letIn(listener, passOf(id))
    }
    const unclear = tellPositions(room, tick)
    for (const listener of unclear.slice(0, UNCLEAR_MAX)) await explain(eventId, room, listener)
    if (nowMs() - room.heardAtMs >= HEARD_EVERY_MS) {
      room.heardAtMs = nowMs()
      await listening.heard(
        eventId,
        [...room.listeners].filter(({ pass, seq }) => pass === null && seq > 0).map(({ userId }) => userId),
      )
    }
  }

  function letIn(listener: Listener, pass: Pass): void {
    listener.pass = pass
    listener.tell({ kind: 'ready', pass })
  }

  /** @returns those whose place the read does not explain, in the order of the queue: streams open in any order */
  function tellPositions(room: Room, tick: Tick): Listener[] {
    const { served, total, releaseRatePerSecond, pausedBy } = tick
    const over = makeOverBits(tick.overBits, tick.overFrom)
    const unclear: Listener[] = []
    for (const listener of room.listeners) {
      const { seq } = listener
      if (listener.pass !== null) {
        if (Date.now() > listener.pass.expiresAtMs) close(room, listener, 'pass_over')
      } else if (tick.saleOver) close(room, listener, 'sale_over')
      else if (seq === 0 ? tick.drawn : seq <= served || over.has(seq)) unclear.push(listener)
      else if (seq > 0) {
        const position = seq - served - over.between(served, seq)
        if (position === listener.position) continue
        listener.position = position
        const about = { position, total, releaseRatePerSecond, pausedBy }
        listener.tell({
          kind: 'position',
          position,
          total,
          estimatedWaitSeconds: estimatedWaitSeconds(about),
        })
      }
    }
    return unclear.sort((a, b) => a.seq - b.seq)
  }

  async function explain(eventId: string, room: Room, listener: Listener): Promise<void> {
    const reply = await places.position(eventId, listener.userId)
    if (!room.listeners.has(listener)) return
    switch (reply.kind) {
      case 'waiting':
        listener.seq = reply.standing.seq
        tellStanding(listener, reply.standing)
        return
      case 'ready':
        return letIn(listener, reply.pass)
      case 'pre_queue':
        return
      case 'gone':
        return close(room, listener, reply.reason)
      case 'not_in_queue':
        return close(room, listener, 'not_in_queue')
      default:
        return reply satisfies never
    }
  }

  function close(room: Room, listener: Listener, reason: (LiveUpdate & { kind: 'closed' })['reason']): void {
    room.listeners.delete(listener)
    listener.tell({ kind: 'closed', reason })
  }

  async function tickAll(): Promise<void> {
    for (const [eventId, room] of rooms) {
      if (room.listeners.size === 0) rooms.delete(eventId)
      else await tickRoom(eventId, room).catch(deps.onError)
    }
  }

  return {
    listen(eventId, userId, first, tell) {
      let room = rooms.get(eventId)
      if (!room) {
        room = { listeners: new Set(), epochMs: null, served: 0, rate: 0, heardAtMs: nowMs() }
        rooms.set(eventId, room)
      }
      const listener: Listener = { userId, seq: 0, position: -1, pass: null, tell }
      room.listeners.add(listener)
      switch (first.kind) {
        case 'waiting':
          listener.seq = first.standing.seq
          tellStanding(listener, first.standing)
          break
        case 'ready':
          letIn(listener, first.pass)
          break
        case 'pre_queue':
          tell({ kind: 'position', position: 0, total: first.total, estimatedWaitSeconds: null })
          break
        default:
          first satisfies never
      }
      return { end: () => void room.listeners.delete(listener) }
    },
    listeners: () => [...rooms.values()].reduce((sum, { listeners }) => sum + listeners.size, 0),
    tick() {
      running ??= tickAll().finally(() => {
        running = null
      })
      return running
    },
  }
}

function tellStanding(listener: Listener, standing: Standing): void {
  if (listener.position === standing.position) return
  listener.position = standing.position
  listener.tell({
    kind: 'position',
    position: standing.position,
    total: standing.total,
    estimatedWaitSeconds: estimatedWaitSeconds(standing),
  })
}
