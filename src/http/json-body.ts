import type { FastifyRequest } from 'fastify'
import type { Api } from './api.ts'

type Done = (error: Error | null, body?: unknown) => void

/**
 * Parses JSON, and takes an empty body for none: clients send the content type with a DELETE that has nothing to
 * say. Where a body is needed the schema refuses its absence. Keys that would reach for a prototype are refused.
 */
export function parseJsonOrNothing(app: Api) {
  const parse = app.getDefaultJsonParser('error', 'error')
  return (request: FastifyRequest, body: string, done: Done): void => {
    if (body.length === 0) done(null, undefined)
    else void parse(request, body, done)
  }
}
