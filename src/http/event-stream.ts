/**
 * Server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html) for many readers: none of them can make the
 * process remember more than a few frames. A frame is one write; nothing is queued here.
 */
import type { ServerResponse } from 'node:http'
import type { FastifyReply } from 'fastify'

export interface StreamLimits {
  /** A comment is sent after so long without a frame, so that proxies keep the connection. */
  keepAliveMs: number
  /** All streams are looked after in one round. */
  roundMs: number
  /** What a reader may leave unread in this process, and for how long, before the connection is dropped. */
  unreadMaxBytes: number
  unreadMaxMs: number
}

const usual: StreamLimits = {
  keepAliveMs: 15_000,
  roundMs: 1000,
  unreadMaxBytes: 16 * 1024,
  unreadMaxMs: 10_000,
}

export interface EventStream {
  /** Sends an event; `data` is text of one line. A reader who is behind does not get what a later frame replaces. */
  send(event: string, id: string | null, data: string, options?: { replaceable: boolean }): void
  /** Sends a last event, and asks to come back after `retryMs` or (null) says nothing of it; then the stream ends. */
  end(event: string, data: string, retryMs: number | null): void
}

export interface EventStreams {
  /** Takes the answer over. `onClose` is called once, when the reader is gone or the stream has ended. */
  open(reply: FastifyReply, onClose: () => void): EventStream
  size(): number
  /** Ends every stream with a last event; each is told another time to come back, spread over `spreadMs`. */
  endAll(event: string, data: string, spreadMs: number): void
  stop(): void
}

interface Open {
  raw: ServerResponse
  lastWriteMs: number
  /** Since when the reader is behind; null: it is not. */
  behindSinceMs: number | null
  end: EventStream['end']
}

/** @param observer.dropped a reader was too slow */
export function makeEventStreams(observer: { dropped(): void }, limits: StreamLimits = usual): EventStreams {
  const streams = new Set<Open>()
  let nowMs = performance.now()

  function lookAfterAll(): void {
    nowMs = performance.now()
    for (const open of streams) {
      if (open.raw.writableLength > 0) {
        open.behindSinceMs ??= nowMs
        if (nowMs - open.behindSinceMs > limits.unreadMaxMs) drop(open)
      } else {
        open.behindSinceMs = null
        if (nowMs - open.lastWriteMs >= limits.keepAliveMs) write(open, ': keep-alive\n\n')
      }
    }
  }

  function drop(open: Open): void {
    observer.dropped()
    open.raw.destroy()
  }

  function write(open: Open, frame: string): void {
    open.lastWriteMs = nowMs
    // Past the response, which would cut the frame into three pieces: nothing has to be framed where the end is the connection's.
    open.raw.socket?.write(frame, 'latin1')
    if (open.raw.writableLength > limits.unreadMaxBytes) drop(open)
  }

  const timer = setInterval(lookAfterAll, limits.roundMs).unref()

  return {
    size: () => streams.size,
    stop: () => clearInterval(timer),
    endAll(event, data, spreadMs) {
      for (const open of [...streams]) open.end(event, data, 1000 + Math.floor(Math.random() * spreadMs))
    },

    open(reply, onClose) {
      reply.hijack()
      const { raw } = reply
      for (const [name, value] of Object.entries(reply.getHeaders())) raw.setHeader(name, value as string)
      raw.useChunkedEncodingByDefault = false
      raw.shouldKeepAlive = false
      raw.writeHead(200, {
        'Content-Type': 'text/event-stream; charset=utf-8',
        'Cache-Control': 'no-store',
        // Said to nginx and its like: a frame is of use at once or not at all.
        'X-Accel-Buffering': 'no',
      })
      raw.flushHeaders()
      const open: Open = { raw, lastWriteMs: nowMs, behindSinceMs: null, end: endStream }
      streams.add(open)
      raw.once('close', () => {
        streams.delete(open)
        onClose()
      })
      raw.on('error', () => {})

      function endStream(event: string, data: string, retryMs: number | null): void {
        const retry = retryMs === null ? '' : `retry: ${retryMs}\n`
        raw.end(`${retry}event: ${event}\ndata: ${data}\n\n`)
      }

      return {
        end: endStream,
        send(event, id, data, options) {
          if (options?.replaceable && raw.writableLength > 0) return
          write(open, `${id === null ? '' : `id: ${id}\n`}event: ${event}\ndata: ${data}\n\n`)
        },
      }
    },
  }
}
