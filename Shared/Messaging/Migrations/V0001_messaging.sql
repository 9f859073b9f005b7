-- What this service says to others, committed together with the rows it speaks of.
CREATE TABLE outbox (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    message_id text NOT NULL UNIQUE,
    exchange text NOT NULL,
    routing_key text NOT NULL,
    body bytea NOT NULL,             -- the CloudEvent, as it goes over the wire
    traceparent text,
    created_at timestamptz NOT NULL DEFAULT now(),
    published_at timestamptz,        -- set after the broker's confirm, never before
    not_before timestamptz           -- set when the broker returned it: others go first until then
);
ALTER TABLE outbox ALTER COLUMN body SET COMPRESSION lz4;
CREATE INDEX outbox_unpublished ON outbox (id) WHERE published_at IS NULL;
CREATE INDEX outbox_published_at ON outbox (published_at) WHERE published_at IS NOT NULL;

-- What this service has heard: a message id is here once, so its effect is there once.
CREATE TABLE inbox (
    message_id text PRIMARY KEY,
    queue text NOT NULL,
    status text NOT NULL CHECK (status IN ('done', 'retry', 'parked')),
    attempts integer NOT NULL DEFAULT 1 CHECK (attempts >= 0),
    next_attempt_at timestamptz,     -- while status is retry: when a worker takes it up again
    last_error text,
    body bytea,                      -- kept only while it is not done
    received_at timestamptz NOT NULL DEFAULT now(),
    done_at timestamptz,
    CHECK ((status = 'done') = (done_at IS NOT NULL)),
    CHECK ((status = 'retry') = (next_attempt_at IS NOT NULL)),
    CHECK (status = 'done' OR body IS NOT NULL)
);
ALTER TABLE inbox ALTER COLUMN body SET COMPRESSION lz4;
CREATE INDEX inbox_due ON inbox (next_attempt_at) WHERE status = 'retry';
CREATE INDEX inbox_parked ON inbox (received_at) WHERE status = 'parked';
CREATE INDEX inbox_done_at ON inbox (done_at) WHERE status = 'done';
