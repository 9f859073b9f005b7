-- An event that was never delivered is read from Stripe: then there is no signature, and our own authenticated call is the proof.
ALTER TABLE stripe_webhooks
    ADD COLUMN source text NOT NULL DEFAULT 'webhook' CHECK (source IN ('webhook', 'reconciliation')),
    ADD COLUMN is_foreign boolean NOT NULL DEFAULT false, -- of the other mode or another account: never processed
    ADD COLUMN replays integer NOT NULL DEFAULT 0,       -- how often it was published again under an id of its own
    ADD COLUMN raw_sha256 bytea,                         -- of raw_data, set when that is removed
    ALTER COLUMN raw_data DROP NOT NULL,                 -- removed after the retention time; the row stays
    ALTER COLUMN signature_header DROP NOT NULL,
    ALTER COLUMN secret_fingerprint DROP NOT NULL,
    ADD CHECK (num_nonnulls(raw_data, raw_sha256) = 1),
    ADD CHECK (source <> 'webhook' OR num_nulls(signature_header, secret_fingerprint) = 0);
UPDATE stripe_webhooks SET is_foreign = true WHERE NOT processed AND processing_error IS NOT NULL AND published_at = received_at;
-- Times follow ids: a few pages tell where a day begins, at next to no cost while events come in.
CREATE INDEX stripe_webhooks_received_at ON stripe_webhooks USING brin (received_at);
CREATE INDEX stripe_webhooks_user ON stripe_webhooks (user_id, id) WHERE user_id IS NOT NULL;
-- Where the removal of old payloads has come to.
CREATE INDEX stripe_webhooks_stripped ON stripe_webhooks (id) WHERE raw_data IS NULL;

-- A known id with another body, truly signed: nothing of Stripe's should do that. Kept for whoever looks into it.
CREATE TABLE event_conflicts (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    stripe_event_id text NOT NULL REFERENCES stripe_webhooks (stripe_event_id),
    raw_sha256 bytea NOT NULL,
    raw_data bytea NOT NULL,
    signature_header text NOT NULL,
    secret_fingerprint text NOT NULL,
    received_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (stripe_event_id, raw_sha256)
);

-- Who had an event published again, and why. The message has the id <event>#<number>.
CREATE TABLE event_replays (
    stripe_event_id text NOT NULL REFERENCES stripe_webhooks (stripe_event_id),
    number integer NOT NULL CHECK (number > 0),
    requested_by text NOT NULL,          -- an admin's user id, or 'sweep' for events that a subscriber never reported on
    reason text,
    requested_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (stripe_event_id, number)
);

-- Each comparison with Stripe's own list of events.
CREATE TABLE reconciliations (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    scope text NOT NULL CHECK (scope IN ('undelivered', 'all')),
    window_from timestamptz NOT NULL,    -- Stripe's created, both ends included
    window_to timestamptz,               -- by Stripe's clock, known once it has answered
    started_at timestamptz NOT NULL DEFAULT now(),
    finished_at timestamptz,
    seen integer NOT NULL DEFAULT 0,     -- events that Stripe listed
    repaired integer NOT NULL DEFAULT 0, -- those of them that were missing here, and are stored now
    error text,                          -- why it did not come to its end
    CHECK (error IS NULL OR finished_at IS NOT NULL),
    CHECK (finished_at IS NULL OR num_nulls(error, window_to) < 2)
);
CREATE INDEX reconciliations_done ON reconciliations (scope, window_to) WHERE finished_at IS NOT NULL AND error IS NULL;
