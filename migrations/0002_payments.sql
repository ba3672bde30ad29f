-- Payments as this service knows them, and the simulated provider's own books. The two may differ: a webhook that was
-- lost is found by asking the provider.

CREATE TABLE payments (
  -- The provider's id of the payment. It is made here, before the provider hears of it, so that no charge is unknown.
  id           text PRIMARY KEY,
  booking_id   uuid NOT NULL,
  user_id      text NOT NULL,
  amount_minor bigint NOT NULL CHECK (amount_minor >= 0),
  currency     char(3) NOT NULL,
  -- What the buyer chose to pay with, as the provider understands it.
  method       text NOT NULL,
  state        text NOT NULL CHECK (state IN ('pending', 'succeeded', 'failed', 'refunding', 'refunded')),
  attempt      smallint NOT NULL CHECK (attempt > 0),
  -- No attempt comes after this one: when it fails, the seats go back.
  final        boolean NOT NULL,
  traceparent  text,
  polls        smallint NOT NULL DEFAULT 0,
  next_poll_at timestamptz NOT NULL DEFAULT now(),
  created_at   timestamptz NOT NULL DEFAULT now(),
  updated_at   timestamptz NOT NULL DEFAULT now(),
  -- Two requests that both see that an attempt failed begin one new attempt. GET, confirm and the audit find a booking's
  -- payments by it.
  CONSTRAINT payments_attempt_key UNIQUE (booking_id, attempt)
);
-- One open intent for a booking.
CREATE UNIQUE INDEX payments_open_key ON payments (booking_id) WHERE state = 'pending';
-- The poller asks for the outcome of what is pending.
CREATE INDEX payments_to_poll ON payments (next_poll_at) WHERE state = 'pending';

CREATE FUNCTION payment_moves_forward() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (OLD.state, NEW.state) NOT IN
    (('pending', 'succeeded'), ('pending', 'failed'), ('succeeded', 'refunding'), ('refunding', 'refunded')) THEN
    RAISE EXCEPTION 'payment % cannot go from % to %', OLD.id, OLD.state, NEW.state
      USING ERRCODE = 'check_violation', CONSTRAINT = 'payments_state_forward';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER payments_state_forward BEFORE UPDATE ON payments FOR EACH ROW
  WHEN (OLD.state IS DISTINCT FROM NEW.state) EXECUTE FUNCTION payment_moves_forward();

-- The simulated provider. A payment is pending until `settles_at` and then what `outcome` says; infinity: until somebody
-- completes it.
ALTER TABLE simulated_payments ADD COLUMN settles_at timestamptz NOT NULL DEFAULT now();
ALTER TABLE simulated_payments ADD COLUMN refunded_at timestamptz;
ALTER TABLE simulated_payments RENAME COLUMN state TO outcome;
UPDATE simulated_payments SET settles_at = 'infinity', outcome = 'succeeded' WHERE outcome = 'pending';
ALTER TABLE simulated_payments DROP CONSTRAINT simulated_payments_state_check;
ALTER TABLE simulated_payments ADD CONSTRAINT simulated_payments_outcome_check CHECK (outcome IN ('succeeded', 'failed'));
ALTER TABLE simulated_payments ADD CONSTRAINT simulated_payments_refund_check
  CHECK (refunded_at IS NULL OR outcome = 'succeeded');

-- Webhooks that the simulated provider still has to send.
CREATE TABLE simulated_webhooks (
  id         uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  payment_id text NOT NULL,
  due_at     timestamptz NOT NULL,
  attempts   smallint NOT NULL DEFAULT 0
);
-- The sender takes what is due.
CREATE INDEX simulated_webhooks_due ON simulated_webhooks (due_at);

-- Bookings that were paid for before this table was there; what was paid for no booking was never charged by anybody.
INSERT INTO payments (id, booking_id, user_id, amount_minor, currency, method, state, attempt, final)
SELECT p.id, b.id, b.user_id, p.amount_minor, p.currency, 'succeed',
  CASE b.status WHEN 'refunded' THEN 'refunded' ELSE 'succeeded' END, 1, false
FROM bookings b JOIN simulated_payments p ON p.id = b.payment_id;
UPDATE simulated_payments p SET refunded_at = now() FROM payments o WHERE o.id = p.id AND o.state = 'refunded';
DELETE FROM simulated_payments p WHERE NOT EXISTS (SELECT FROM payments o WHERE o.id = p.id);
