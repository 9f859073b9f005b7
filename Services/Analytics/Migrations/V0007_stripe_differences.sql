-- How many passes in a row have found our totals to be others than Stripe's. Only what is still so at the next pass is a difference: until then
-- it may be on its way.
CREATE TABLE stripe_differences (
    service text NOT NULL,
    scope text NOT NULL,
    currency text NOT NULL,
    status text NOT NULL,
    stripe_count bigint NOT NULL,
    stripe_amount bigint NOT NULL,       -- minor units
    our_count bigint NOT NULL,
    our_amount bigint NOT NULL,          -- minor units
    passes integer NOT NULL DEFAULT 1,
    since timestamptz NOT NULL,          -- the first of these passes, by Stripe's clock
    as_of timestamptz NOT NULL,          -- the newest
    PRIMARY KEY (service, scope, currency, status)
);
-- When a list was last compared, by Stripe's clock.
ALTER TABLE stripe_totals ADD COLUMN compared_at timestamptz;
