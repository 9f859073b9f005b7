-- What checkout has told of subscriptions to plans and of charges that failed: the newest version of each.
CREATE TABLE subscriptions (
    stripe_subscription_id text PRIMARY KEY,
    version bigint NOT NULL,
    user_id text NOT NULL,
    plan_id text,
    status text NOT NULL,                -- as Stripe says it
    amount bigint,                       -- minor units for one period, before discounts; NULL where the prices have no one amount
    currency text,
    interval text,                       -- day, week, month, year
    interval_count bigint,
    quantity bigint,
    discount jsonb,
    current_period_start timestamptz,
    current_period_end timestamptz,
    cancel_at_period_end boolean NOT NULL,
    cancel_at timestamptz,
    canceled_at timestamptz,
    ended_at timestamptz,
    cancellation_reason text,
    trial_end timestamptz,
    stripe_created_at timestamptz NOT NULL,
    changed_at timestamptz NOT NULL,     -- Stripe's time of this state
    updated_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE payment_attempts (
    attempt_id text PRIMARY KEY,         -- the charge that failed, else the event that told of it
    version bigint NOT NULL,
    payment_id text NOT NULL,
    user_id text,                        -- NULL while nobody knows
    plan_id text,
    amount bigint NOT NULL CHECK (amount >= 0),           -- minor units
    currency text NOT NULL,
    failure_code text,
    decline_code text,
    attempt_number bigint,               -- by Stripe's count; NULL where no invoice tells
    next_attempt_at timestamptz,
    failed_at timestamptz NOT NULL,
    recovered_at timestamptz,            -- when a later try collected the money
    stripe_invoice_id text,
    stripe_subscription_id text,
    updated_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX payment_attempts_failed_at ON payment_attempts (currency, failed_at);
