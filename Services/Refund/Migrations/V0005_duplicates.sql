-- Subscriptions that were paid for beside another and cancelled: what was paid for them is given back without anybody asking.
CREATE TABLE duplicated_subscriptions (
    stripe_subscription_id text PRIMARY KEY,
    user_id text NOT NULL,
    kept_subscription_id text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);
