-- Looks that need no event. Times of looks and holds are by Stripe's clock; who waits for whom, and for how long, by this database's.
ALTER TABLE access
    ADD COLUMN asked_at timestamptz,               -- since when somebody waits for a look; NULL when nobody does
    ADD COLUMN asks bigint NOT NULL DEFAULT 0,     -- how often one was asked for: a look answers what was asked before it began
    ADD COLUMN looked_at timestamptz,              -- when the newest look began
    ADD COLUMN retry_at timestamptz;               -- not before, after a look that failed
COMMENT ON COLUMN access.check_at IS 'when Stripe is to be read again though no event comes, by its own clock; NULL when there is no reason to';
UPDATE access SET asked_at = now() WHERE check_at IS NOT NULL;
UPDATE access SET check_at = now() WHERE check_at IS NULL
    AND (wanted = 'on' OR user_id IN (SELECT user_id FROM customers JOIN known_subscriptions USING (stripe_customer_id) WHERE NOT has_ended));
-- Nobody who is on is ever looked at only when an event comes.
ALTER TABLE access ADD CONSTRAINT access_has_a_next_look CHECK (wanted = 'off' OR check_at IS NOT NULL);
CREATE INDEX access_asked ON access (asked_at) WHERE asked_at IS NOT NULL;
CREATE INDEX access_held ON access (check_at) WHERE stop_due_at IS NOT NULL;

-- When collecting an invoice first failed: from then on a customer has the time of grace, once for each invoice.
CREATE TABLE failed_invoices (
    stripe_invoice_id text PRIMARY KEY,
    first_failed_at timestamptz NOT NULL -- by Stripe's clock: the event's time, or that of the read that saw it first
);

-- Subscriptions whose end was asked for, because the present period's payment was taken back.
CREATE TABLE end_requests (
    stripe_subscription_id text PRIMARY KEY,
    reason text NOT NULL CHECK (reason IN ('dispute_lost', 'full_refund')),
    stripe_invoice_id text NOT NULL,     -- the invoice whose payment was taken back
    requested_at timestamptz NOT NULL DEFAULT now()
);
-- A refund or a dispute is a hint to look at the charge that it is about.
ALTER TABLE hints ADD COLUMN stripe_charge_id text;

-- What was read at Stripe: once for each look that decided something or took an event into account, however many they were.
CREATE TABLE looks (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    user_id text NOT NULL,
    evidence jsonb NOT NULL,
    read_at timestamptz NOT NULL         -- by Stripe's clock
);
INSERT INTO looks (id, user_id, evidence, read_at) OVERRIDING SYSTEM VALUE SELECT id, user_id, evidence, read_at FROM decisions;
SELECT setval(pg_get_serial_sequence('looks', 'id'), coalesce((SELECT max(id) FROM looks), 0) + 1, false);
ALTER TABLE decisions ADD COLUMN look_id bigint REFERENCES looks;
UPDATE decisions SET look_id = id;
ALTER TABLE decisions ALTER COLUMN look_id SET NOT NULL, DROP COLUMN evidence, DROP COLUMN read_at;

-- When the next request to Stripe may leave, for all replicas together. It is worth nothing after a crash, and so unlogged.
CREATE UNLOGGED TABLE read_budget (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    next_at timestamptz NOT NULL,
    gap_seconds double precision NOT NULL, -- between two requests; grows with each 429
    slowed_at timestamptz                  -- when it last grew
);
