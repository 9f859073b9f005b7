-- Refunds and disputes are snapshots: whatever Stripe said last holds, also when a verdict turns. What is here was built from events of
-- unknown times, so the next one of each object is compared with the time at which Stripe made it.
CREATE SEQUENCE stripe_reads;            -- numbers the reads of Stripe in the order in which they were begun
ALTER TABLE refunds
    DROP COLUMN progress,
    ADD COLUMN source_time timestamptz,  -- Stripe's time of what this row was last built from
    ADD COLUMN read_ticket bigint NOT NULL DEFAULT 0;     -- the newest number that was stored here
UPDATE refunds SET source_time = refunded_at;
ALTER TABLE refunds ALTER COLUMN source_time SET NOT NULL, ALTER COLUMN read_ticket DROP DEFAULT;
ALTER TABLE payment_disputes
    DROP COLUMN progress,
    ADD COLUMN source_time timestamptz,  -- as above
    ADD COLUMN read_ticket bigint NOT NULL DEFAULT 0;
UPDATE payment_disputes SET source_time = disputed_at;
ALTER TABLE payment_disputes ALTER COLUMN source_time SET NOT NULL, ALTER COLUMN read_ticket DROP DEFAULT;

-- A charge without an intent is found by its own name.
ALTER TABLE refundable_payments ADD COLUMN stripe_charge_id text;
CREATE INDEX refundable_payments_charge ON refundable_payments (stripe_charge_id) WHERE stripe_charge_id IS NOT NULL;
CREATE INDEX refunds_charge ON refunds (stripe_charge_id);
CREATE INDEX payment_disputes_charge ON payment_disputes (stripe_charge_id);
COMMENT ON COLUMN refundable_payments.paid_at IS 'when the money was collected; before that, when Stripe began to collect';
