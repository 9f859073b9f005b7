-- Which user a Stripe customer is. Decided once, never changed.
CREATE TABLE customers (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    user_id text NOT NULL,
    stripe_customer_id text UNIQUE,      -- NULL while we are creating it at Stripe
    idempotency_key text UNIQUE,         -- set on the one that we create for a user
    created_at timestamptz NOT NULL DEFAULT now(),
    CHECK (stripe_customer_id IS NOT NULL OR idempotency_key IS NOT NULL)
);
CREATE INDEX customers_user_id ON customers (user_id, id);
CREATE UNIQUE INDEX customers_one_creation ON customers (user_id) WHERE idempotency_key IS NOT NULL;

-- A session is a row before it is a request: whoever asks meanwhile sends the same parameters under the same key.
CREATE TABLE checkout_sessions (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    user_id text,
    plan_id text CHECK (plan_id IN ('basic', 'premium')),
    status text NOT NULL CHECK (status IN ('creating', 'open', 'complete', 'expired')),
    mode text NOT NULL DEFAULT 'subscription',
    payment_status text,
    stripe_checkout_session_id text UNIQUE,
    stripe_customer_id text,
    stripe_subscription_id text,
    stripe_payment_intent_id text,
    stripe_invoice_id text,
    idempotency_key text UNIQUE,
    price_id text,
    success_url text,
    cancel_url text,
    url text,                            -- where the customer pays, while it is open
    expires_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CHECK (status = 'creating' OR stripe_checkout_session_id IS NOT NULL),
    CHECK (status <> 'open' OR url IS NOT NULL)
);
CREATE UNIQUE INDEX checkout_sessions_one_open ON checkout_sessions (user_id) WHERE status IN ('creating', 'open');
CREATE INDEX checkout_sessions_payment_intent ON checkout_sessions (stripe_payment_intent_id) WHERE stripe_payment_intent_id IS NOT NULL;
CREATE INDEX checkout_sessions_invoice ON checkout_sessions (stripe_invoice_id) WHERE stripe_invoice_id IS NOT NULL;

-- A snapshot of each subscription, built from events and from reads of Stripe.
CREATE TABLE subscriptions (
    stripe_subscription_id text PRIMARY KEY,
    user_id text NOT NULL,
    stripe_customer_id text NOT NULL,
    plan_id text CHECK (plan_id IN ('basic', 'premium')),
    price_id text,
    status text NOT NULL,                -- as Stripe says it, known or not
    current_period_start timestamptz,
    current_period_end timestamptz,
    cancel_at_period_end boolean NOT NULL,
    cancel_at timestamptz,
    canceled_at timestamptz,
    ended_at timestamptz,
    cancellation_reason text,
    latest_invoice_id text,
    trial_end timestamptz,
    stripe_created_at timestamptz NOT NULL,
    source_time timestamptz NOT NULL,    -- Stripe's time of what this row was last built from
    read_ticket bigint NOT NULL,         -- the newest read of Stripe that was stored here; 0 before the first
    version bigint NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX subscriptions_user_id ON subscriptions (user_id, stripe_created_at DESC);

-- Numbers the reads of Stripe in the order in which they were begun.
CREATE SEQUENCE stripe_reads;

-- What invoices are known to have come to: each fact only ever grows.
CREATE TABLE invoices (
    stripe_invoice_id text PRIMARY KEY,
    stripe_subscription_id text,
    stripe_customer_id text,
    price_id text,
    plan_id text CHECK (plan_id IN ('basic', 'premium')),
    attempt_count integer NOT NULL DEFAULT 0,
    next_payment_attempt timestamptz,    -- as said with attempt_count; NULL when Stripe will not try again
    paid boolean NOT NULL DEFAULT false,
    updated_at timestamptz NOT NULL DEFAULT now()
);

-- Which intent collects which invoice, from whichever source said so first.
CREATE TABLE invoice_payments (
    stripe_payment_intent_id text PRIMARY KEY,
    stripe_invoice_id text NOT NULL
);
CREATE INDEX invoice_payments_invoice ON invoice_payments (stripe_invoice_id);

-- One row per collection of money.
CREATE TABLE payments (
    seq bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
    id text PRIMARY KEY DEFAULT 'pay_' || replace(gen_random_uuid()::text, '-', ''),
    user_id text,                        -- NULL while nobody knows
    stripe_payment_intent_id text,
    stripe_invoice_id text,
    stripe_checkout_session_id text,
    stripe_subscription_id text,
    stripe_customer_id text,
    amount bigint NOT NULL CHECK (amount >= 0),           -- minor units
    amount_refunded bigint NOT NULL DEFAULT 0 CHECK (amount_refunded BETWEEN 0 AND amount),
    currency text NOT NULL DEFAULT 'usd' CHECK (currency = lower(currency)),
    status text NOT NULL CHECK (status IN ('pending', 'succeeded', 'failed', 'canceled', 'refunded')),
    payment_method text,                 -- the type: card, sepa_debit, …
    plan_id text CHECK (plan_id IN ('basic', 'premium')),
    plan_name text,
    metadata jsonb NOT NULL DEFAULT '{}',
    version bigint NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL,     -- when Stripe began to collect
    updated_at timestamptz NOT NULL DEFAULT now(),
    CHECK (stripe_payment_intent_id IS NOT NULL OR stripe_invoice_id IS NOT NULL)
);
CREATE UNIQUE INDEX payments_payment_intent ON payments (stripe_payment_intent_id) WHERE stripe_payment_intent_id IS NOT NULL;
CREATE UNIQUE INDEX payments_invoice ON payments (stripe_invoice_id) WHERE stripe_invoice_id IS NOT NULL;
CREATE INDEX payments_session ON payments (stripe_checkout_session_id) WHERE stripe_checkout_session_id IS NOT NULL;
CREATE INDEX payments_history ON payments (user_id, created_at DESC, id DESC);

-- One row per failed charge.
CREATE TABLE payment_attempts (
    attempt_key text PRIMARY KEY,        -- the charge, else the event that told of the failure
    payment_id text NOT NULL REFERENCES payments (id) ON UPDATE CASCADE,
    user_id text,
    stripe_payment_intent_id text NOT NULL,
    amount bigint NOT NULL CHECK (amount >= 0),
    status text NOT NULL DEFAULT 'failed' CHECK (status = 'failed'),
    failure_code text,
    failure_message text,
    payment_method_id text,
    last_payment_error jsonb,            -- the intent's error, without anything personal
    created_at timestamptz NOT NULL
);
CREATE INDEX payment_attempts_payment ON payment_attempts (payment_id, created_at DESC);

-- Enforcement's newest word on who may run a VM.
CREATE TABLE access (
    user_id text PRIMARY KEY,
    generation bigint NOT NULL,
    wanted text NOT NULL CHECK (wanted IN ('on', 'off')),
    reason text NOT NULL,
    entitled_until timestamptz,
    decided_at timestamptz NOT NULL
);

-- Events about somebody whom nobody knows yet; they come to life again when the customer is linked to a user.
CREATE TABLE unclaimed_events (
    stripe_event_id text PRIMARY KEY,
    waiting_for text NOT NULL,           -- a customer (cus_…), or the intent of a guest (pi_…)
    message bytea NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX unclaimed_events_waiting ON unclaimed_events (waiting_for);
