-- Every seal of every service's trail, as it was told when it was made: whoever cuts off the end of a trail, or writes all of it anew, cannot
-- reach these.
CREATE TABLE audit_heads (
    service text NOT NULL,
    sequence bigint NOT NULL CHECK (sequence > 0),
    hash text NOT NULL,                  -- SHA-256 in hexadecimal
    heard_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (service, sequence)
);
