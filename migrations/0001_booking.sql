-- Events, their shows and zones; bookings; and what carries a booking from Redis to PostgreSQL and on to Kafka.

CREATE TABLE events (
  id                   uuid PRIMARY KEY,
  slug                 text NOT NULL CONSTRAINT events_slug_key UNIQUE,
  name                 text NOT NULL,
  description          text NOT NULL,
  organizer_id         text NOT NULL,
  -- Of 16; computed from the id by the application, kept here so that a rebuild can select by it.
  partition            smallint NOT NULL CHECK (partition BETWEEN 0 AND 15),
  status               text NOT NULL CHECK (status IN ('draft', 'on_sale', 'closed', 'cancelled')),
  sale_opens_at        timestamptz NOT NULL,
  sale_closes_at       timestamptz CHECK (sale_closes_at > sale_opens_at),
  max_tickets_per_user integer NOT NULL CHECK (max_tickets_per_user BETWEEN 1 AND 1000),
  refund_window_hours  integer NOT NULL CHECK (refund_window_hours >= 0),
  version              integer NOT NULL DEFAULT 1,
  created_at           timestamptz NOT NULL DEFAULT now(),
  updated_at           timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE shows (
  id        uuid PRIMARY KEY,
  event_id  uuid NOT NULL REFERENCES events (id),
  name      text NOT NULL,
  venue     text NOT NULL,
  starts_at timestamptz NOT NULL
);
-- An event's page.
CREATE INDEX shows_of_event ON shows (event_id);

CREATE TABLE zones (
  id               uuid PRIMARY KEY,
  event_id         uuid NOT NULL REFERENCES events (id),
  show_id          uuid NOT NULL REFERENCES shows (id),
  name             text NOT NULL,
  -- Order of display within the show.
  position         integer NOT NULL,
  capacity         integer NOT NULL CHECK (capacity >= 0),
  capacity_version integer NOT NULL DEFAULT 1,
  -- Set once Redis has had the zone: from then on a zone that Redis does not know was lost, not new.
  loaded_at        timestamptz,
  -- Confirmed seats. The CHECK is the last word against overselling, whatever Redis says.
  sold             integer NOT NULL DEFAULT 0,
  price_minor      integer NOT NULL CHECK (price_minor >= 0),
  currency         char(3) NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
  CONSTRAINT zones_sold_within_capacity CHECK (sold BETWEEN 0 AND capacity)
);
-- An event's page.
CREATE INDEX zones_of_event ON zones (event_id);
-- Confirms update the row of a hot zone many times a second: room for HOT updates.
ALTER TABLE zones SET (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.0, autovacuum_vacuum_threshold = 1000);

CREATE TABLE bookings (
  id                uuid PRIMARY KEY,
  user_id           text NOT NULL,
  event_id          uuid NOT NULL REFERENCES events (id),
  show_id           uuid NOT NULL,
  zone_id           uuid NOT NULL REFERENCES zones (id),
  quantity          smallint NOT NULL CHECK (quantity > 0),
  unit_price_minor  integer NOT NULL CHECK (unit_price_minor >= 0),
  currency          char(3) NOT NULL,
  status            text NOT NULL CHECK (status IN ('reserved', 'confirmed', 'cancelled', 'expired', 'refunded')),
  -- Counts the changes of this booking from 1; its events carry it.
  version           smallint NOT NULL,
  idempotency_hash  text,
  traceparent       text,
  payment_id        text,
  confirmation_code text,
  created_at        timestamptz NOT NULL,
  expires_at        timestamptz NOT NULL,
  confirmed_at      timestamptz,
  ended_at          timestamptz,
  CHECK ((status IN ('confirmed', 'refunded')) = (confirmed_at IS NOT NULL)),
  CHECK ((confirmed_at IS NOT NULL) = (payment_id IS NOT NULL)),
  CHECK ((confirmed_at IS NOT NULL) = (confirmation_code IS NOT NULL)),
  CHECK ((status IN ('reserved', 'confirmed')) = (ended_at IS NULL))
);
-- GET /bookings: one user's bookings, newest first.
CREATE INDEX bookings_of_user ON bookings (user_id, id DESC);
-- Reservations that Redis forgot are found by their time; everything live is read from here when Redis is rebuilt.
CREATE INDEX bookings_live_by_expiry ON bookings (expires_at) WHERE status = 'reserved';
-- Rebuilding, auditing and cancelling an event read its bookings that still hold seats.
CREATE INDEX bookings_with_seats_of_event ON bookings (event_id, id) WHERE status IN ('reserved', 'confirmed');
-- One payment pays for one booking; a code finds one booking.
CREATE UNIQUE INDEX bookings_payment_id_key ON bookings (payment_id) WHERE payment_id IS NOT NULL;
CREATE UNIQUE INDEX bookings_confirmation_code_key ON bookings (confirmation_code) WHERE confirmation_code IS NOT NULL;

-- Events to be published, written in the transaction that makes them true and deleted once Kafka has them.
CREATE TABLE outbox (
  -- Of 4, from a random byte of the booking id; one relay publishes a shard at a time, so the events of one booking stay
  -- in order.
  shard       smallint GENERATED ALWAYS AS (get_byte(uuid_send(booking_id), 14) % 4) STORED,
  seq         bigint GENERATED ALWAYS AS IDENTITY,
  message_id  uuid NOT NULL DEFAULT gen_random_uuid(),
  topic       text NOT NULL,
  booking_id  uuid NOT NULL,
  type        text NOT NULL,
  version     smallint NOT NULL,
  occurred_at timestamptz NOT NULL,
  data        json NOT NULL,
  traceparent text,
  created_at  timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (shard, seq)
);
ALTER TABLE outbox SET (autovacuum_vacuum_scale_factor = 0.0, autovacuum_vacuum_threshold = 20000);

-- What an event says of its booking.
CREATE FUNCTION booking_data(
  id uuid, user_id text, event_id uuid, show_id uuid, zone_id uuid, quantity smallint, unit_price_minor integer,
  currency text, status text, expires_at timestamptz, payment_id text, confirmation_code text
) RETURNS json STABLE LANGUAGE sql RETURN json_build_object(
  'booking_id', id, 'user_id', user_id, 'event_id', event_id, 'show_id', show_id, 'zone_id', zone_id,
  'quantity', quantity, 'unit_price_minor', unit_price_minor, 'total_price_minor', unit_price_minor::bigint * quantity,
  'currency', currency, 'status', status, 'expires_at', expires_at, 'payment_id', payment_id,
  'confirmation_code', confirmation_code
);

-- Entries of the write-ahead stream that no constraint of this database admits; looked at by a person, never dropped.
CREATE TABLE wal_rejected (
  partition   smallint NOT NULL,
  entry_id    text NOT NULL,
  entry       json NOT NULL,
  reason      text NOT NULL,
  rejected_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (partition, entry_id)
);

-- How far the write-ahead stream of each partition has been written to this database.
CREATE TABLE wal_cursor (
  partition smallint PRIMARY KEY,
  last_id   text NOT NULL
);
INSERT INTO wal_cursor SELECT p, '0-0' FROM generate_series(0, 15) AS p;

-- Counts how often Redis was rebuilt from this database; a writer that read Redis before a rebuild is refused.
CREATE TABLE generation (
  partition  smallint PRIMARY KEY,
  generation bigint NOT NULL
);
INSERT INTO generation SELECT p, 1 FROM generate_series(0, 15) AS p;

-- The simulated payment provider's own books: the other side of the payment port.
CREATE TABLE simulated_payments (
  id           text PRIMARY KEY,
  booking_id   uuid NOT NULL,
  amount_minor bigint NOT NULL CHECK (amount_minor >= 0),
  currency     char(3) NOT NULL,
  state        text NOT NULL CHECK (state IN ('pending', 'succeeded', 'failed')),
  created_at   timestamptz NOT NULL DEFAULT now()
);
