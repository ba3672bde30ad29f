/** The oldest archive that every system opens: ustar, headers of 512 bytes, files padded to as much (POSIX.1-1988). */

export interface TarFile {
  /** 100 ASCII characters at most. */
  name: string
  content: Uint8Array
}

const BLOCK = 512

/** @throws Error for a name that does not fit */
export function tarOf(files: readonly TarFile[], modifiedMs: number): Uint8Array {
  const size = files.reduce((sum, { content }) => sum + BLOCK + padded(content.byteLength), 2 * BLOCK)
  const archive = Buffer.alloc(size)
  let at = 0
  for (const { name, content } of files) {
    writeHeader(archive.subarray(at, at + BLOCK), name, content.byteLength, modifiedMs)
    archive.set(content, at + BLOCK)
    at += BLOCK + padded(content.byteLength)
  }
  return archive
}

function writeHeader(header: Buffer, name: string, bytes: number, modifiedMs: number): void {
  if (!/^[\x20-\x7e]{1,100}$/.test(name)) throw new Error(`${name} is no name for a file of an archive`)
  header.write(name, 0)
  octal(header, 100, 8, 0o644)
  octal(header, 108, 8, 0)
  octal(header, 116, 8, 0)
  octal(header, 124, 12, bytes)
  octal(header, 136, 12, Math.floor(modifiedMs / 1000))
  header.write('0', 156)
  header.write('ustar\u000000', 257, 'latin1')
  // The sum is taken with spaces in its place.
  header.fill(' ', 148, 156)
  octal(
    header,
    148,
    7,
    header.reduce((sum, byte) => sum + byte, 0),
  )
}

function octal(header: Buffer, at: number, width: number, value: number): void {
  header.write(`${value.toString(8).padStart(width - 1, '0')}\0`, at, 'latin1')
}

function padded(bytes: number): number {
  return Math.ceil(bytes / BLOCK) * BLOCK
}
