/**
 * One life of a master, from INFO server and INFO replication: the run id is a new one for every start, and a promotion writes down
 * which history it left and where. So the mark of a server that was demoted and promoted again is another, although it ran all the while.
 */
export function markOf(server: string, replication: string): string {
  const field = (info: string, name: string) => new RegExp(`^${name}:(\\S+)`, 'm').exec(info)?.[1] ?? ''
  return [
    field(server, 'run_id'),
    field(replication, 'master_replid2'),
    field(replication, 'second_repl_offset'),
  ].join(':')
}
