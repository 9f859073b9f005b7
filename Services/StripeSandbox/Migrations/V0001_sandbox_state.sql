-- What is no list of objects: clock, settings, webhook targets, chaos. One row.
CREATE TABLE sandbox_account (
    singleton boolean PRIMARY KEY DEFAULT true CHECK (singleton),
    openings bigint NOT NULL,            -- how often a sandbox was started with this state; only the last one may write
    now bigint,                          -- Unix seconds on the sandbox's clock at the last write; NULL before the first
    body text,                           -- JSON
    CHECK ((now IS NULL) = (body IS NULL))
);

-- Everything else: one row for each object, delivery, answer under an idempotency key, and thing that will fall due.
CREATE TABLE sandbox_objects (
    kind text NOT NULL,                  -- customer, event, agenda, …; `delivery:3` is what the third webhook target has not taken
    id text NOT NULL,
    place bigint NOT NULL,               -- the order within the kind
    body text NOT NULL,                  -- JSON; not jsonb, which refuses the NUL characters that clients may send
    PRIMARY KEY (kind, id)
);
