-- Stripe may add statuses of a session. One that we opened has a page; of those that were opened elsewhere some have none, and a user
-- may have any number of them.
ALTER TABLE checkout_sessions DROP CONSTRAINT checkout_sessions_status_check;
ALTER TABLE checkout_sessions DROP CONSTRAINT checkout_sessions_check1;
UPDATE checkout_sessions SET url = NULL WHERE url = '';
ALTER TABLE checkout_sessions ADD CONSTRAINT checkout_sessions_page
    CHECK (status <> 'open' OR url IS NOT NULL OR idempotency_key IS NULL);
DROP INDEX checkout_sessions_one_open;
CREATE UNIQUE INDEX checkout_sessions_one_open ON checkout_sessions (user_id)
    WHERE status IN ('creating', 'open') AND idempotency_key IS NOT NULL;
CREATE INDEX checkout_sessions_complete ON checkout_sessions (user_id) WHERE status = 'complete';

-- Only the invoice has spoken of this money yet; the intent, where one is named, has not.
ALTER TABLE payments ADD COLUMN by_invoice boolean NOT NULL DEFAULT false;
UPDATE payments SET by_invoice = true WHERE stripe_payment_intent_id IS NULL;
ALTER TABLE payments ADD CONSTRAINT payments_by_invoice CHECK (NOT by_invoice OR stripe_invoice_id IS NOT NULL);

-- Intents that collect no invoice, as Stripe has said: it is asked once for each.
CREATE TABLE intents_without_invoice (
    stripe_payment_intent_id text PRIMARY KEY,
    asked_at timestamptz NOT NULL DEFAULT now()
);
