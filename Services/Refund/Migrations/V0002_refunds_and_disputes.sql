-- Every refund that Stripe knows, whoever made it.
CREATE TABLE refunds (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    stripe_refund_id text NOT NULL UNIQUE,
    stripe_charge_id text,
    stripe_payment_intent_id text,
    payment_id text,                     -- NULL while the payment is not known here
    user_id text,
    amount bigint NOT NULL CHECK (amount >= 0),           -- minor units
    currency text NOT NULL,
    reason text,
    status text NOT NULL,
    failure_reason text,
    admin_user_id text,                  -- who approved it; NULL for refunds made at Stripe
    admin_reason text,
    progress integer NOT NULL,           -- the rank of status: it only grows
    refunded_at timestamptz NOT NULL,    -- when Stripe made it
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX refunds_payment_intent ON refunds (stripe_payment_intent_id);

-- Payments that a customer's bank takes back or asks about.
CREATE TABLE payment_disputes (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    stripe_dispute_id text NOT NULL UNIQUE,
    stripe_charge_id text NOT NULL,
    stripe_payment_intent_id text,
    payment_id text,                     -- NULL while the payment is not known here
    user_id text,
    amount bigint NOT NULL CHECK (amount >= 0),           -- minor units
    currency text NOT NULL,
    reason text NOT NULL,
    status text NOT NULL,
    evidence_deadline timestamptz,
    progress integer NOT NULL,           -- the rank of status: it only grows
    disputed_at timestamptz NOT NULL,    -- when Stripe opened it
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX payment_disputes_payment_intent ON payment_disputes (stripe_payment_intent_id);
CREATE INDEX refundable_payments_intent ON refundable_payments (stripe_payment_intent_id);
