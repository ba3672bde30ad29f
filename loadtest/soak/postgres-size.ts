import { pssBytes } from '../bench/process-usage.ts'
import type { Stage } from '../bench/stage.ts'

/** By table: rows that are there, and its bytes on the disk with its indexes. */
export type TableSizes = Record<string, { rows: number; bytes: number }>

export async function postgresSize({ tools, pids }: Stage) {
  const { rows: tables } = await tools.database.query<{ name: string; bytes: string }>({
    text: `SELECT relname AS name, pg_total_relation_size(oid)::text AS bytes
      FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace ORDER BY relname`,
  })
  const sizes: TableSizes = {}
  for (const { name, bytes } of tables) {
    const { rows } = await tools.database.query<{ rows: number }>({
      text: `SELECT count(*)::int AS rows FROM "${name}"`,
    })
    sizes[name] = { rows: rows[0]?.rows ?? 0, bytes: Number(bytes) }
  }
  const { rows: wal } = await tools.database.query<{ bytes: string }>({
    text: 'SELECT coalesce(sum(size), 0)::text AS bytes FROM pg_ls_waldir()',
  })
  return { pssBytes: pssBytes(pids.postgres ?? 0), walBytes: Number(wal[0]?.bytes), tables: sizes }
}
