-- How often the broker has returned an event: each time it waits longer.
ALTER TABLE webhooks_pending ADD COLUMN returns integer NOT NULL DEFAULT 0;
