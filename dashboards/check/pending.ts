/** Metrics that are named here already and that the service does not have yet. The list is meant to be empty. */
export const pendingMetrics: readonly string[] = [
  'http_remarkable_requests_total',
  'booking_time_to_confirm_seconds',
  'booking_step_duration_seconds',
  'booking_revenue_minor_total',
  'booking_refunded_minor_total',
  'inventory_seats',
  'pg_pool_acquire_seconds',
  'pg_query_duration_seconds',
  'kafka_request_duration_seconds',
  'kafka_request_timeouts_total',
  'kafka_request_queue_size',
  'kafka_consumer_joins_total',
  'kafka_consumer_crashes_total',
  'telemetry_dropped_spans_total',
  'telemetry_exported_spans_total',
  'log_suppressed_lines_total',
  'log_dropped_lines_total',
  'telemetry_traces_over_budget_total',
  'nodejs_eventloop_delay_seconds',
  'nodejs_eventloop_utilization_ratio',
  'nodejs_gc_duration_seconds',
  'nodejs_heap_space_used_bytes',
  'nodejs_heap_space_available_bytes',
  'nodejs_heap_limit_bytes',
  'nodejs_external_memory_bytes',
  'nodejs_active_resources',
  'process_resident_memory_bytes',
  'process_memory_limit_bytes',
  'process_cpu_seconds_total',
  'process_open_fds',
  'process_start_time_seconds',
  'diagnostics_requests_total',
  'diagnostics_captures_total',
  'diagnostics_snapshot_age_seconds',
  'diagnostics_sampling_rate_hertz',
  'diagnostics_capture_seconds_total',
  'diagnostics_window_stall_seconds_total',
  'diagnostics_window_rotations_total',
  'diagnostics_sampler_stuck_total',
]

/** Whether latencies carry exemplars that name a trace. */
export const exemplarsArePending = true

/** The metric that a series belongs to: a histogram's has three endings. */
export function isPending(series: string): boolean {
  const family = series.replace(/_(bucket|sum|count)$/, '')
  return pendingMetrics.includes(series) || pendingMetrics.includes(family)
}
