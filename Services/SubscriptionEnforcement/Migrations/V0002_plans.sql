-- Only a subscription to a plan says anything about a VM. What it was known to be is remembered: a price that goes missing from the settings
-- stops nobody.
ALTER TABLE known_subscriptions
    ADD COLUMN plan_id text CHECK (plan_id IN ('basic', 'premium')),  -- the newest that was known; NULL while none was
    ADD COLUMN entitled boolean NOT NULL DEFAULT false,  -- let a VM run before plans were looked at
    ADD COLUMN price_ids text[] NOT NULL DEFAULT '{}',   -- of its items, when it was last looked at
    ADD COLUMN has_ended boolean NOT NULL DEFAULT false; -- when it was last looked at
UPDATE known_subscriptions SET entitled = true
WHERE stripe_subscription_id IN (SELECT stripe_subscription_id FROM vm_commands WHERE kind = 'vm.restore.v1');
