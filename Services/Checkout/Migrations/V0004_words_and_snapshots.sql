-- A payment is the word of its highest state. The times say which word that is, so that another one can be compared with it.
ALTER TABLE payments
    ADD COLUMN stripe_charge_id text,    -- the charge that collected the money; NULL until it is told
    ADD COLUMN paid_at timestamptz,      -- when the money was collected, by Stripe's word
    ADD COLUMN word_at timestamptz,      -- Stripe's time of the word that amount, currency and metadata are from
    ADD COLUMN method_at timestamptz;    -- the same of payment_method; a century less where no charge has named it yet, only the intent
UPDATE payments SET word_at = created_at, method_at = CASE WHEN payment_method IS NOT NULL THEN created_at END,
                    paid_at = CASE WHEN status IN ('succeeded', 'refunded') THEN created_at END;
ALTER TABLE payments ALTER COLUMN word_at SET NOT NULL,
    ADD CONSTRAINT payments_paid CHECK (paid_at IS NULL OR status IN ('succeeded', 'refunded'));
-- Invoices that are paid and whose intent has not spoken: few, and seldom for long.
CREATE INDEX payments_by_invoice ON payments (stripe_customer_id) WHERE by_invoice;

-- Invoices are snapshots, as subscriptions are. What is here was built from events of unknown times, so any event is newer.
ALTER TABLE invoices
    ADD COLUMN status text,              -- as Stripe says it, known or not
    ADD COLUMN billing_reason text,
    ADD COLUMN currency text,            -- NULL in rows that are older than this column
    ADD COLUMN amount_due bigint NOT NULL DEFAULT 0,      -- minor units
    ADD COLUMN amount_paid bigint NOT NULL DEFAULT 0,     -- minor units
    ADD COLUMN paid_out_of_band boolean NOT NULL DEFAULT false,
    ADD COLUMN paid_at timestamptz,
    ADD COLUMN metadata jsonb NOT NULL DEFAULT '{}',
    ADD COLUMN stripe_created_at timestamptz,             -- NULL in rows that are older than this column
    ADD COLUMN source_time timestamptz NOT NULL DEFAULT to_timestamp(0),  -- Stripe's time of what this row was last built from
    ADD COLUMN read_ticket bigint NOT NULL DEFAULT 0;     -- the newest number that was stored here
UPDATE invoices SET status = CASE WHEN paid THEN 'paid' ELSE 'open' END;
ALTER TABLE invoices DROP COLUMN paid, ALTER COLUMN source_time DROP DEFAULT, ALTER COLUMN read_ticket DROP DEFAULT;
COMMENT ON COLUMN invoices.next_payment_attempt IS 'NULL when Stripe will not try again';
-- What keeps a subscription from being paid.
CREATE INDEX invoices_unpaid ON invoices (stripe_subscription_id) WHERE status = 'open' AND attempt_count > 0;

-- Which charge collects which invoice, where there is no intent between them.
CREATE TABLE invoice_charges (
    stripe_charge_id text PRIMARY KEY,
    stripe_invoice_id text NOT NULL
);
CREATE INDEX invoice_charges_invoice ON invoice_charges (stripe_invoice_id);

-- That Stripe knew no invoice of an intent is no fact to keep: since 2025-03-31 Checkout makes it after the payment.
DROP TABLE intents_without_invoice;
