-- What each consumer group has done: Kafka delivers at least once, and this table makes the second time do nothing.

CREATE TABLE consumed_messages (
  consumer_group text NOT NULL,
  event_id       uuid NOT NULL,
  booking_id     uuid NOT NULL,
  -- Set by groups that ignore what is older than the last event of a booking; null for the others.
  version        smallint,
  consumed_at    timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (consumer_group, event_id)
);
-- The last version of a booking that a group has seen.
CREATE INDEX consumed_versions ON consumed_messages (consumer_group, booking_id, version) WHERE version IS NOT NULL;
-- Rows that are past their retention are deleted oldest first.
CREATE INDEX consumed_by_age ON consumed_messages (consumed_at);
-- Rows come and go and never change: vacuum follows the deletions, not the size.
ALTER TABLE consumed_messages SET (autovacuum_vacuum_scale_factor = 0.0, autovacuum_vacuum_threshold = 20000);
