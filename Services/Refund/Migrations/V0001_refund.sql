-- What checkout has recorded, as far as refunds need it: the newest version of each payment.
CREATE TABLE refundable_payments (
    payment_id text PRIMARY KEY,
    version bigint NOT NULL,
    user_id text,                        -- NULL while nobody knows
    stripe_payment_intent_id text,
    amount bigint NOT NULL CHECK (amount >= 0),           -- minor units
    amount_refunded bigint NOT NULL CHECK (amount_refunded BETWEEN 0 AND amount),
    currency text NOT NULL,
    status text NOT NULL,
    paid_at timestamptz NOT NULL,        -- when Stripe began to collect
    merged_into text,                    -- the payment that this one turned out to be
    updated_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX refundable_payments_user ON refundable_payments (user_id, paid_at DESC);
