/** The profilers that the API can be started under. */
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

export interface Tool {
  name: string
  summary: string
  /** What Node runs, before the command line of the service. Null: the service runs alone. */
  command: ((dir: string) => string[]) | null
}

export const tools: readonly Tool[] = [
  { name: '0x', summary: 'where CPU goes: one flame graph of all stacks', command: zeroX },
  {
    name: 'flame',
    summary: "the same by Clinic, which tells the service's code from its libraries",
    command: clinic('flame'),
  },
  {
    name: 'doctor',
    summary: 'what kind of trouble it is: CPU, memory, event loop, handles over time',
    command: clinic('doctor'),
  },
  {
    name: 'heapprofiler',
    summary: 'who allocates: a flame graph of memory',
    command: clinic('heapprofiler'),
  },
  { name: 'none', summary: 'no profiler: the same load, to see what the others cost', command: null },
]

/** Tools that people will ask for and that do no good here, with the reason. */
export const refusedTools: Readonly<Record<string, string>> = {
  bubbleprof:
    'clinic bubbleprof slows this service down some twenty times on Node 24 and draws next to nothing of it: use doctor, or the routes goroutine and block of the diagnostics port',
}

const require = createRequire(import.meta.url)

/** Its file for the command line; 0x is a package whose main file is another. */
function zeroX(dir: string): string[] {
  return [join(dirname(require.resolve('0x/package.json')), 'cmd.js'), '--quiet', '--output-dir', dir, '--']
}

function clinic(name: string): (dir: string) => string[] {
  return (dir) => {
    const file = join(dirname(require.resolve('clinic/package.json')), 'bin.js')
    return [file, name, '--open=false', '--dest', dir, '--name', 'api', '--']
  }
}
