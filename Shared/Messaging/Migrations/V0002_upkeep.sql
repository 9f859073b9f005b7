-- Work that is done every so often, by one replica at a time: when each is due next.
CREATE TABLE periodic_work (
    name text PRIMARY KEY,
    next_at timestamptz NOT NULL
);

-- What an operator must look at: one row for each thing that is wrong, however often it is noticed.
CREATE TABLE alerts (
    code text NOT NULL,                  -- which rule was broken, such as webhook_conflicting_body
    subject text NOT NULL,               -- what it is about, such as an event id
    detail text NOT NULL,
    times integer NOT NULL DEFAULT 1,
    raised_at timestamptz NOT NULL DEFAULT now(),
    last_at timestamptz NOT NULL DEFAULT now(),
    cleared_at timestamptz,
    PRIMARY KEY (code, subject)
);
