-- What refund has told of money that was given back or is disputed: the newest version of each.
CREATE TABLE refunds (
    refund_id text PRIMARY KEY,
    version bigint NOT NULL,
    payment_id text NOT NULL,
    user_id text,                        -- NULL while nobody knows
    amount bigint NOT NULL CHECK (amount >= 0),           -- minor units
    currency text NOT NULL,
    status text NOT NULL,                -- as Stripe says it
    reason text,
    refunded_at timestamptz NOT NULL,    -- when Stripe made it
    updated_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX refunds_refunded_at ON refunds (currency, refunded_at);

CREATE TABLE disputes (
    stripe_dispute_id text PRIMARY KEY,
    version bigint NOT NULL,
    payment_id text NOT NULL,
    user_id text,                        -- NULL while nobody knows
    amount bigint NOT NULL CHECK (amount >= 0),           -- minor units
    currency text NOT NULL,
    reason text NOT NULL,
    status text NOT NULL,                -- as Stripe says it; a verdict may turn
    is_money_out boolean,
    disputed_at timestamptz NOT NULL,    -- when it was opened
    updated_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX disputes_disputed_at ON disputes (currency, disputed_at);

-- What Stripe has in all, by the newest pass over each of its lists.
CREATE TABLE stripe_totals (
    service text NOT NULL,
    scope text NOT NULL,
    version bigint NOT NULL,             -- the pass
    as_of timestamptz NOT NULL,          -- by Stripe's clock
    seen bigint NOT NULL,
    repaired bigint NOT NULL,
    passed_over bigint NOT NULL,
    totals jsonb NOT NULL,               -- by currency, status and whether they are ours
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (service, scope)
);
