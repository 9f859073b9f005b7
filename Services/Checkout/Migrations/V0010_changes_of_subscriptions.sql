-- What customers are shown of a subscription, and what its change starts from.
ALTER TABLE subscriptions
    ADD COLUMN items jsonb,                          -- what it bills each period, as SubscriptionItem; NULL until it is heard of anew
    ADD COLUMN discount_ids text[],                  -- NULL where there is none
    ADD COLUMN pending_update_until timestamptz,     -- a change of it waits for its payment until then
    ADD COLUMN pause_behavior text,                  -- while collection is paused: what becomes of its invoices
    ADD COLUMN pause_resumes_at timestamptz,
    ADD COLUMN looked_at timestamptz,                -- when an unpaid one was last looked at whether it is settled
    ADD COLUMN opened_here boolean NOT NULL DEFAULT false,   -- paid for on a page of ours, as its metadata say
    ADD COLUMN duplicate_since timestamptz;          -- it runs beside another that was opened here
CREATE INDEX subscriptions_unpaid ON subscriptions (stripe_subscription_id) WHERE status = 'unpaid';
CREATE INDEX invoices_subscription ON invoices (stripe_subscription_id, status);
CREATE INDEX subscriptions_duplicate ON subscriptions (user_id) WHERE duplicate_since IS NOT NULL;
ALTER TABLE subscription_ends ADD COLUMN kept_subscription_id text;   -- the one that stays, where this one was paid for beside it
CREATE INDEX subscription_ends_open ON subscription_ends (user_id) WHERE ended_at IS NULL;
ALTER TABLE invoices ADD COLUMN hosted_invoice_url text;   -- Stripe's page, open to whoever has the address; NULL for a draft

-- What a customer orders about a subscription: a row before it is a request to Stripe.
CREATE TABLE subscription_changes (
    id text PRIMARY KEY,
    user_id text NOT NULL,
    stripe_subscription_id text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('cancel_at_period_end', 'cancel_now', 'reactivate', 'clear_cancel_at', 'resume', 'change_plan')),
    comment text,                        -- the customer's own words
    plan_id text,
    item_id text,                        -- Stripe's item that is to have another price
    price_id text,
    proration_date timestamptz,          -- from when the new price counts
    status text NOT NULL DEFAULT 'asking' CHECK (status IN ('asking', 'done', 'refused')),
    refusal text,                        -- why Stripe refused it: our name of the rule
    confirmation_url text,               -- where the customer confirms the payment that a change waits for
    idempotency_key text NOT NULL,
    key_made_at timestamptz NOT NULL DEFAULT now(),
    tries integer NOT NULL DEFAULT 0,
    last_error text,
    next_try_at timestamptz,             -- when it is asked for again unless its end is known by then; NULL when it is
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CHECK ((kind = 'change_plan') = (plan_id IS NOT NULL AND item_id IS NOT NULL AND price_id IS NOT NULL AND proration_date IS NOT NULL)),
    CHECK ((status = 'asking') = (next_try_at IS NOT NULL)),
    CHECK ((status = 'refused') = (refusal IS NOT NULL))
);
-- One at a time: whoever asks meanwhile for the same gets its answer, for something else waits for its end.
CREATE UNIQUE INDEX subscription_changes_asking ON subscription_changes (stripe_subscription_id) WHERE status = 'asking';
CREATE INDEX subscription_changes_due ON subscription_changes (next_try_at) WHERE status = 'asking';
CREATE INDEX subscription_changes_of_user ON subscription_changes (user_id, created_at);
CREATE INDEX subscription_changes_newest ON subscription_changes (stripe_subscription_id, created_at);

-- What a customer was told that a change of plan costs: the change counts from the same moment, so that it costs that.
CREATE TABLE plan_previews (
    stripe_subscription_id text NOT NULL,
    price_id text NOT NULL,
    user_id text NOT NULL,
    proration_date timestamptz NOT NULL,
    items jsonb NOT NULL,                -- what the subscription billed then: of another one this says nothing
    amount_now bigint NOT NULL,          -- minor units
    amount_next bigint NOT NULL,         -- minor units
    currency text NOT NULL,
    made_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (stripe_subscription_id, price_id)
);

-- A failed attempt: which try of its invoice it was, what follows, and whether a later one collected the money.
ALTER TABLE payment_attempts
    DROP CONSTRAINT payment_attempts_status_check,
    ADD CONSTRAINT payment_attempts_status CHECK (status IN ('failed', 'recovered')),
    ADD COLUMN attempt_number bigint,    -- by Stripe's count; NULL where no invoice tells
    ADD COLUMN next_attempt_at timestamptz,
    ADD COLUMN recovered_at timestamptz, -- when a later try collected the money
    ADD COLUMN version bigint NOT NULL DEFAULT 0,
    ADD COLUMN is_told boolean NOT NULL DEFAULT false,       -- others have been told of it as it is
    ADD CONSTRAINT payment_attempts_recovered CHECK ((status = 'recovered') = (recovered_at IS NOT NULL));
CREATE INDEX payment_attempts_intent ON payment_attempts (stripe_payment_intent_id);

-- What an invoice said each time that it could not be collected. Its row keeps the newest word alone.
CREATE TABLE invoice_attempts (
    stripe_invoice_id text NOT NULL,
    attempt_number bigint NOT NULL,      -- Stripe's attempt_count
    failed_at timestamptz NOT NULL,
    next_attempt_at timestamptz,         -- NULL when Stripe will not try again
    PRIMARY KEY (stripe_invoice_id, attempt_number)
);

-- Passes over Stripe's lists. One that was cut off goes on behind the last row that it read.
CREATE TABLE reconciliations (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    scope text NOT NULL,
    last_id text,                        -- the last row that was read
    as_of timestamptz,                   -- when its first page was read, by Stripe's clock
    seen bigint NOT NULL DEFAULT 0,
    repaired bigint NOT NULL DEFAULT 0,
    passed_over bigint NOT NULL DEFAULT 0,
    totals jsonb NOT NULL DEFAULT '[]',
    error text,                          -- why it does not go on
    started_at timestamptz NOT NULL DEFAULT now(),
    finished_at timestamptz
);
CREATE UNIQUE INDEX reconciliations_one_open ON reconciliations (scope) WHERE finished_at IS NULL;
-- Payments of which the intent has not said what it could: few, unless events are lost.
CREATE INDEX payments_untold ON payments (created_at)
    WHERE stripe_payment_intent_id IS NOT NULL
      AND (status = 'pending' OR (payment_method IS NULL AND status IN ('succeeded', 'refunded')));

-- Since when a VM may run, or may not.
ALTER TABLE access ADD COLUMN since timestamptz;
UPDATE access SET since = decided_at;
ALTER TABLE access ALTER COLUMN since SET NOT NULL;
-- What was paid lately, to be compared with what runs.
CREATE INDEX payments_paid_at ON payments (paid_at) WHERE status = 'succeeded';

-- What discounts take off each period.
CREATE TABLE discounts (
    stripe_discount_id text PRIMARY KEY,
    percent_off double precision,
    amount_off bigint,                   -- minor units
    ends_at timestamptz                  -- NULL for ever
);
