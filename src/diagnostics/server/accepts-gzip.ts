/** Whether the client takes gzip: by its name, and not with a quality of nothing (`gzip;q=0` refuses it). */
export function acceptsGzip(headers: Readonly<Record<string, string | string[] | undefined>>): boolean {
  return String(headers['accept-encoding'] ?? '')
    .split(',')
    .some((one) => {
      const [name = '', ...params] = one.split(';').map((part) => part.trim().toLowerCase())
      if (name !== 'gzip' && name !== 'x-gzip') return false
      const quality = params.find((param) => param.startsWith('q='))
      return quality === undefined || Number(quality.slice(2)) > 0
    })
}
