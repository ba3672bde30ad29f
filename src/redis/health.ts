import type { RedisNode } from './node.ts'

/**
 * What keeps this Redis from being sold from: it must keep what it is given (an append-only file) and refuse new keys instead of
 * dropping old ones when memory is short. null: nothing does.
 *
 * @throws Unavailable
 */
export async function unfitness(redis: RedisNode): Promise<string | null> {
  const info = await redis.run((connection) => connection.info())
  if (/^aof_enabled:0/m.test(info)) return 'appendonly is off: a restart would lose every hold'
  const policy = /^maxmemory_policy:(\S+)/m.exec(info)?.[1]
  if (policy !== undefined && policy !== 'noeviction')
    return `maxmemory-policy is ${policy}: it would drop seats`
  if (/^aof_last_write_status:err/m.test(info)) return 'its append-only file cannot be written'
  if (/^role:slave/m.test(info)) return 'it is a replica'
  return null
}
