-- Requests that may come again: the same key and request of a user get the first answer, for 24 hours.
CREATE TABLE idempotency_keys (
    user_id text NOT NULL,
    key text NOT NULL,
    request_sha256 bytea NOT NULL,       -- of method, address and body
    claimed_until timestamptz,           -- while the first is being answered
    status integer,                      -- its answer, once it has one
    content_type text,
    body bytea,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (user_id, key),
    CHECK ((status IS NULL) = (body IS NULL)),
    CHECK ((status IS NULL) = (claimed_until IS NOT NULL))
);
CREATE INDEX idempotency_keys_created_at ON idempotency_keys (created_at);
