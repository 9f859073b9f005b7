-- A subscription or an invoice may hold anything beside the plan: all its prices are kept, so that the plan is known too when the settings
-- learn of a price later.
ALTER TABLE subscriptions ADD COLUMN other_price_ids text[];
ALTER TABLE invoices ADD COLUMN other_price_ids text[];
COMMENT ON COLUMN subscriptions.plan_id IS 'the newest plan that was known; NULL where no price is a plan''s';
