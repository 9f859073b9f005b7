-- What the broker holds for this service for as long as it loses nothing: a message that lies in a queue of its own.
SELECT set_config('search_path', quote_ident(current_schema()) || ', pg_temp', true);
CREATE TABLE broker_marker (
    is_only boolean PRIMARY KEY DEFAULT true CHECK (is_only),
    message_id text NOT NULL,
    placed_at timestamptz NOT NULL DEFAULT now()
);
-- Queues that were seen to be missing, until what was said to them is asked for again.
CREATE TABLE lost_queues (
    queue text PRIMARY KEY,
    noticed_at timestamptz NOT NULL DEFAULT now()
);
-- How often the broker has returned a message: each time it waits longer, so that what reaches no queue is never at the head of the others.
ALTER TABLE outbox_pending ADD COLUMN returns integer NOT NULL DEFAULT 0;
-- Tries of a message that were begun and did not end: whoever made them died.
ALTER TABLE inbox ADD COLUMN begun integer NOT NULL DEFAULT 0;
