-- What checkout has recorded, as far as figures need it: the newest version of each payment.
CREATE TABLE payments (
    payment_id text PRIMARY KEY,
    version bigint NOT NULL,
    user_id text,                        -- NULL while nobody knows
    amount bigint NOT NULL CHECK (amount >= 0),           -- minor units
    amount_refunded bigint NOT NULL CHECK (amount_refunded BETWEEN 0 AND amount),
    currency text NOT NULL,
    status text NOT NULL,
    payment_method text,
    plan_id text,
    paid_at timestamptz NOT NULL,        -- when Stripe began to collect
    updated_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX payments_paid_at ON payments (currency, paid_at);

-- Payments that turned out to be another: their amounts are that one's, and a late version must not bring them back.
CREATE TABLE merged_payments (
    payment_id text PRIMARY KEY,
    merged_into text NOT NULL
);
