-- Subscriptions that others of our services want ended: a row before it is a request to Stripe.
CREATE TABLE subscription_ends (
    stripe_subscription_id text PRIMARY KEY,
    user_id text NOT NULL,
    why text NOT NULL,
    stripe_invoice_id text,              -- the invoice whose payment was taken back
    requested_at timestamptz NOT NULL DEFAULT now(),
    ended_at timestamptz                 -- when Stripe had answered that it has ended; NULL until then
);
