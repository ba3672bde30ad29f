import { InvalidConfiguration, type Settings } from '../config.ts'
import { type ConnectionRoom, connectionRoom } from '../postgres/connection-room.ts'
import type { Role } from '../roles.ts'
import { postgresAccess } from './access.ts'

type Sizes = Pick<Settings, 'WEB_CONCURRENCY' | 'PG_POOL_MAX' | 'PG_WORKER_POOL_MAX'>

/** What the pools of several processes may come to, with one more process while it replaces another. */
function budget({ WEB_CONCURRENCY, PG_POOL_MAX, PG_WORKER_POOL_MAX }: Sizes, role: Role) {
  const withWorker = role === 'all'
  const spare = withWorker ? Math.max(PG_POOL_MAX, PG_WORKER_POOL_MAX) : PG_POOL_MAX
  const sum = WEB_CONCURRENCY * PG_POOL_MAX + (withWorker ? PG_WORKER_POOL_MAX : 0) + spare
  const terms = [
    `WEB_CONCURRENCY=${WEB_CONCURRENCY} × PG_POOL_MAX=${PG_POOL_MAX}`,
    ...(withWorker ? [`PG_WORKER_POOL_MAX=${PG_WORKER_POOL_MAX} for the background work`] : []),
    `${spare} for a process that replaces another`,
  ]
  return { sum, terms }
}

/** null: the pools of all processes fit into what PostgreSQL has left. */
export function overBudget(
  sizes: Sizes,
  role: Role,
  { most, reserved, inUse }: ConnectionRoom,
): string | null {
  const { sum, terms } = budget(sizes, role)
  const left = most - reserved - inUse
  if (sum <= left) return null
  return [
    `the processes may open ${sum} connections to PostgreSQL (${terms.join(' + ')}), and it has ${left}`,
    ` (max_connections=${most} - ${reserved} reserved - ${inUse} in use by others):`,
    ' lower WEB_CONCURRENCY, PG_POOL_MAX or PG_WORKER_POOL_MAX, or raise max_connections',
  ].join('')
}

/**
 * Pools that do not fit would fail one by one under load, when it is too late.
 *
 * @throws InvalidConfiguration; Unavailable
 */
export async function assertPoolBudget(config: Settings, role: Role): Promise<void> {
  const problem = overBudget(config, role, await connectionRoom(postgresAccess(config)))
  if (problem !== null) throw new InvalidConfiguration([problem])
}
