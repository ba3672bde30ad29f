-- Virtual queues: what an operator sets for an event's queue. Who stands in it is Redis's matter.

ALTER TABLE events ADD COLUMN queue_required boolean NOT NULL DEFAULT false;

CREATE TABLE queues (
  event_id                uuid PRIMARY KEY REFERENCES events (id),
  release_rate_per_second integer NOT NULL CHECK (release_rate_per_second BETWEEN 1 AND 100000),
  max_size                integer NOT NULL CHECK (max_size BETWEEN 1 AND 10000000),
  state                   text NOT NULL CHECK (state IN ('open', 'paused', 'closed')),
  max_active_passes       integer CHECK (max_active_passes >= 1),
  pre_queue               boolean NOT NULL,
  -- The draw's key, made before anybody can join: its hash is published at once, the key itself after the draw.
  draw_key                text NOT NULL CHECK (draw_key ~ '^[0-9a-f]{64}$'),
  -- Orders the changes of the settings.
  version                 integer NOT NULL DEFAULT 1,
  -- Checkpoint of the counters, for a Redis that lost them: places that were given out are not given out again.
  seq                     bigint NOT NULL DEFAULT 0,
  served                  bigint NOT NULL DEFAULT 0,
  drawn                   boolean NOT NULL DEFAULT false,
  CHECK (served <= seq)
);
