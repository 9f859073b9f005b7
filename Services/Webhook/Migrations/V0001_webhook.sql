-- Every event of Stripe's that was signed, once and byte for byte; at the same time the outbox from which it is published.
CREATE TABLE stripe_webhooks (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    stripe_event_id text NOT NULL UNIQUE,
    event_type text NOT NULL,
    object_id text,
    user_id text,                        -- whom it turned out to concern, from the consumers' outcomes
    api_version text,
    livemode boolean NOT NULL,
    account text,                        -- a connected account's event; NULL for our own
    stripe_created_at timestamptz NOT NULL,
    raw_data bytea NOT NULL,             -- the body as it was signed
    signature_header text NOT NULL,
    secret_fingerprint text NOT NULL,    -- which secret it was signed with: the first 8 digits of its SHA-256
    processed boolean NOT NULL,          -- every subscriber has reported success
    processing_error text,
    processed_at timestamptz,
    traceparent text,
    received_at timestamptz NOT NULL DEFAULT now(),
    published_at timestamptz,            -- set after the broker's confirm; at once for what nobody subscribes to
    not_before timestamptz,              -- set when the broker returned it: others go first until then
    CHECK (NOT processed OR processed_at IS NOT NULL)
);
ALTER TABLE stripe_webhooks ALTER COLUMN raw_data SET COMPRESSION lz4;
CREATE INDEX stripe_webhooks_unpublished ON stripe_webhooks (id) WHERE published_at IS NULL;
CREATE INDEX stripe_webhooks_unprocessed ON stripe_webhooks (received_at) WHERE NOT processed;

-- What each subscriber made of an event.
CREATE TABLE event_outcomes (
    stripe_event_id text NOT NULL REFERENCES stripe_webhooks (stripe_event_id),
    service text NOT NULL,
    outcome text NOT NULL CHECK (outcome IN ('handled', 'ignored', 'failed')),
    error text,
    attempts integer NOT NULL DEFAULT 1,
    at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (stripe_event_id, service)
);
