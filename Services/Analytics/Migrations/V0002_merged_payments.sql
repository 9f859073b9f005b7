-- A payment that turned out to be another stays, under the version that said so: a late version cannot bring it back, whoever comes
-- first. Whatever counts leaves it out.
ALTER TABLE payments ADD COLUMN merged_into text;
-- Of those that were merged so far nothing but the id is known; no version is higher than theirs.
INSERT INTO payments (payment_id, version, amount, amount_refunded, currency, status, paid_at, merged_into)
SELECT payment_id, 9223372036854775807, 0, 0, 'xxx', 'canceled', now(), merged_into FROM merged_payments
ON CONFLICT (payment_id) DO UPDATE SET version = excluded.version, merged_into = excluded.merged_into;
DROP TABLE merged_payments;
DROP INDEX payments_paid_at;
CREATE INDEX payments_paid_at ON payments (currency, paid_at) WHERE merged_into IS NULL;
