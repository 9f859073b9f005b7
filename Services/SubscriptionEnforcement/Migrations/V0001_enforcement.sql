-- Which user a Stripe customer is, as checkout has said.
CREATE TABLE customers (
    stripe_customer_id text PRIMARY KEY,
    user_id text NOT NULL
);
CREATE INDEX customers_user_id ON customers (user_id);

-- Events that may concern somebody's access: hints to look, never facts. A row lasts until a decision has taken it into account.
CREATE TABLE hints (
    seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    stripe_event_id text NOT NULL UNIQUE,
    event_type text NOT NULL,
    stripe_customer_id text NOT NULL,
    received_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX hints_customer ON hints (stripe_customer_id, seq);

-- Subscriptions that were ever seen: each must be read before a stop, also one that a list has left out.
CREATE TABLE known_subscriptions (
    stripe_subscription_id text PRIMARY KEY,
    stripe_customer_id text NOT NULL
);
CREATE INDEX known_subscriptions_customer ON known_subscriptions (stripe_customer_id);

-- What each user's VM may do. Everybody starts at off, generation 0.
CREATE TABLE access (
    user_id text PRIMARY KEY,
    wanted text NOT NULL DEFAULT 'off' CHECK (wanted IN ('on', 'off')),
    generation bigint NOT NULL DEFAULT 0 CHECK (generation >= 0),
    reason text NOT NULL DEFAULT 'never_entitled',
    entitled_until timestamptz,
    proven_at timestamptz,               -- Stripe's time of the read that the present state rests on
    stop_due_at timestamptz,             -- while a stop is held down: when it may be confirmed by a second read
    check_at timestamptz,                -- when Stripe is to be read for this user; NULL when nothing is to be done
    claim bigint NOT NULL DEFAULT 0,     -- fences the worker at it: a decision is stored only under the newest claim
    claimed_until timestamptz,           -- how long that worker has; a hint that arrives meanwhile does not disturb it
    attempts integer NOT NULL DEFAULT 0, -- reads that failed in a row
    last_error text,
    updated_at timestamptz NOT NULL DEFAULT now(),
    CHECK (wanted = 'off' OR generation > 0)
);
CREATE INDEX access_due ON access (check_at) WHERE check_at IS NOT NULL;
CREATE SEQUENCE claims;

-- Every decision with what it rests on, kept for ever. One row for each event that it took into account.
CREATE TABLE decisions (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    user_id text NOT NULL,
    stripe_event_id text,                -- NULL when no event gave the occasion
    outcome text NOT NULL CHECK (outcome IN ('keep', 'hold', 'start', 'stop')),
    wanted text NOT NULL CHECK (wanted IN ('on', 'off')),
    reason text NOT NULL,
    generation bigint NOT NULL,
    evidence jsonb NOT NULL,             -- what was read at Stripe
    read_at timestamptz NOT NULL,        -- by Stripe's clock
    decided_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX decisions_user ON decisions (user_id, id DESC);
CREATE INDEX decisions_event ON decisions (stripe_event_id) WHERE stripe_event_id IS NOT NULL;

-- Every order to the VM controller, and its answer.
CREATE TABLE vm_commands (
    command_id text PRIMARY KEY,
    user_id text NOT NULL,
    generation bigint NOT NULL,
    kind text NOT NULL CHECK (kind IN ('vm.shutdown.v1', 'vm.restore.v1')),
    reason text NOT NULL,
    stripe_subscription_id text,
    issued_at timestamptz NOT NULL DEFAULT now(),
    reported_at timestamptz,
    outcome text CHECK (outcome IN ('done', 'ignored_stale', 'failed')),
    detail text,
    UNIQUE (user_id, generation)
);
CREATE INDEX vm_commands_unreported ON vm_commands (issued_at) WHERE reported_at IS NULL;
