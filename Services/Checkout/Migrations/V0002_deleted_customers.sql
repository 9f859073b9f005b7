-- A customer that was deleted at Stripe can buy nothing more; what is told of it later is still its user's.
ALTER TABLE customers ADD COLUMN deleted_at timestamptz;
