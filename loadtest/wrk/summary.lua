-- What every script of this folder prints at its end: one line of JSON. It costs nothing while the load runs.
function done(summary, latency)
  local errors = summary.errors
  print(string.format(
    'SUMMARY {"seconds":%.6f,"requests":%d,"not_2xx":%d,"socket_errors":%d,"timeouts":%d,' ..
      '"p50_ms":%.3f,"p95_ms":%.3f,"p99_ms":%.3f}',
    summary.duration / 1e6, summary.requests, errors.status, errors.connect + errors.read + errors.write, errors.timeout,
    latency:percentile(50) / 1e3, latency:percentile(95) / 1e3, latency:percentile(99) / 1e3
  ))
end
