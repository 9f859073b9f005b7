-- The names that this database has marked its objects at Stripe with, in `metadata.installation`: what carries another is another
-- installation's, though it is in the same account. The first is written, unless INSTALLATION names one.
CREATE TABLE installations (
    name text PRIMARY KEY,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- Customers of whom Stripe could not say whose they are here: not asked about with every event.
CREATE TABLE strangers (
    stripe_customer_id text PRIMARY KEY,
    is_foreign boolean NOT NULL,         -- another installation made it
    asked_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX strangers_asked ON strangers (asked_at);
CREATE INDEX unclaimed_events_created ON unclaimed_events (created_at);

-- When the present key was made: Stripe forgets it a day later.
ALTER TABLE customers ADD COLUMN key_made_at timestamptz;
UPDATE customers SET key_made_at = created_at WHERE idempotency_key IS NOT NULL;
ALTER TABLE customers ADD CONSTRAINT customers_key_made CHECK (idempotency_key IS NULL OR key_made_at IS NOT NULL);

-- Stripe knows no such subscription any more: test data were wiped, or the account is another.
ALTER TABLE subscriptions ADD COLUMN gone_at timestamptz;
