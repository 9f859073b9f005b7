-- A refund of ours is a row before it is a request. What was heard of Stripe so far keeps its number as its name.
ALTER TABLE refunds ALTER COLUMN id DROP IDENTITY;
ALTER TABLE refunds ALTER COLUMN id TYPE text USING id::text;
ALTER TABLE refunds
    ALTER COLUMN id SET DEFAULT gen_random_uuid()::text,
    ALTER COLUMN stripe_refund_id DROP NOT NULL,
    ALTER COLUMN source_time DROP NOT NULL,
    ALTER COLUMN read_ticket DROP NOT NULL,
    ALTER COLUMN refunded_at SET DEFAULT now(),
    ADD COLUMN refund_request_id text,   -- the request that it answers; NULL for direct refunds and for those made at Stripe
    ADD COLUMN asked_as text UNIQUE,     -- the admin and the key of a direct refund: who asks again gets the same one
    ADD COLUMN idempotency_key text UNIQUE,               -- what Stripe is asked under; NULL for refunds made elsewhere
    ADD COLUMN key_made_at timestamptz,  -- Stripe forgets a key after a day
    ADD COLUMN is_key_burnt boolean NOT NULL DEFAULT false,
    ADD COLUMN tries integer NOT NULL DEFAULT 0,
    ADD COLUMN next_try_at timestamptz,  -- when Stripe is asked again; NULL once it has told
    ADD COLUMN unknown_since timestamptz,                 -- since when nobody knows whether Stripe made it
    ADD COLUMN last_error text,
    ADD CONSTRAINT refunds_origin CHECK (stripe_refund_id IS NOT NULL OR idempotency_key IS NOT NULL),
    ADD CONSTRAINT refunds_key CHECK ((idempotency_key IS NULL) = (key_made_at IS NULL)),
    ADD CONSTRAINT refunds_source CHECK (stripe_refund_id IS NULL OR (source_time IS NOT NULL AND read_ticket IS NOT NULL)),
    ADD CONSTRAINT refunds_ours_have_a_payment CHECK (idempotency_key IS NULL OR payment_id IS NOT NULL),
    ADD CONSTRAINT refunds_open_are_tried CHECK (status NOT IN ('reserved', 'unknown') OR (idempotency_key IS NOT NULL AND next_try_at IS NOT NULL)),
    -- Nobody gives money back to themselves.
    ADD CONSTRAINT refunds_admin_is_not_the_owner CHECK (admin_user_id <> user_id);
COMMENT ON COLUMN refunds.status IS 'reserved, unknown (asked, and nobody knows), or as Stripe says it';
-- Of each request one refund lives.
CREATE UNIQUE INDEX refunds_one_per_request ON refunds (refund_request_id) WHERE status NOT IN ('failed', 'canceled');
CREATE INDEX refunds_due ON refunds (next_try_at) WHERE status IN ('reserved', 'unknown');
CREATE INDEX refunds_payment ON refunds (payment_id);

-- What customers ask for, and what became of it.
CREATE TABLE refund_requests (
    id text PRIMARY KEY DEFAULT gen_random_uuid()::text,
    payment_id text NOT NULL,
    user_id text NOT NULL,               -- who asked, whose payment it is
    amount bigint NOT NULL CHECK (amount > 0),            -- minor units
    currency text NOT NULL,
    reason text NOT NULL,
    status text NOT NULL DEFAULT 'pending'
        CHECK (status IN ('pending', 'approved', 'processing', 'rejected', 'succeeded', 'failed')),
    admin_user_id text,
    admin_reason text,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CHECK ((status = 'pending') = (admin_user_id IS NULL)),
    CONSTRAINT refund_requests_approver_is_not_the_requester CHECK (admin_user_id <> user_id)
);
CREATE UNIQUE INDEX refund_requests_one_open ON refund_requests (payment_id) WHERE status IN ('pending', 'approved', 'processing');
CREATE INDEX refund_requests_newest ON refund_requests (created_at DESC, id DESC);
CREATE INDEX refund_requests_status ON refund_requests (status, created_at DESC, id DESC);
CREATE INDEX refund_requests_user ON refund_requests (user_id, created_at DESC, id DESC);

-- What is given back of a payment, always counted anew from its refunds.
ALTER TABLE refundable_payments
    DROP COLUMN amount_refunded,
    ADD COLUMN reserved bigint NOT NULL DEFAULT 0,        -- minor units of our refunds that have not failed
    ADD COLUMN elsewhere bigint NOT NULL DEFAULT 0,       -- the same of refunds made elsewhere, which nobody here can prevent
    ADD COLUMN refunds_version bigint NOT NULL DEFAULT 0, -- grows with every change of a refund of it
    ADD COLUMN stripe_subscription_id text,
    ADD CONSTRAINT refundable_payments_reserved CHECK (reserved BETWEEN 0 AND amount);
CREATE INDEX refundable_payments_subscription ON refundable_payments (stripe_subscription_id, paid_at) WHERE stripe_subscription_id IS NOT NULL;
COMMENT ON COLUMN refundable_payments.amount IS 'minor units captured';

-- Disputes: who answered, where the money is, and a version for those who are told.
ALTER TABLE payment_disputes
    ADD COLUMN version bigint NOT NULL DEFAULT 1,
    ADD COLUMN submission_count bigint,
    ADD COLUMN submission_method text,
    ADD COLUMN is_money_out boolean;
CREATE INDEX payment_disputes_newest ON payment_disputes (disputed_at DESC, id DESC) WHERE payment_id IS NOT NULL;
CREATE INDEX payment_disputes_waiting ON payment_disputes (evidence_deadline)
    WHERE payment_id IS NOT NULL AND status IN ('needs_response', 'warning_needs_response', 'appeal_needs_response');
CREATE INDEX payment_disputes_payment ON payment_disputes (payment_id);

-- What is answered to a bank, as a row before it is a request.
CREATE TABLE dispute_answers (
    id text PRIMARY KEY DEFAULT gen_random_uuid()::text,
    stripe_dispute_id text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('evidence', 'acceptance')),
    evidence jsonb,                      -- by field; gone once Stripe has it: it may name people
    fields text[] NOT NULL DEFAULT '{}', -- the names of the fields, which stay
    submit boolean NOT NULL,
    status text NOT NULL DEFAULT 'sending' CHECK (status IN ('sending', 'unknown', 'done', 'refused')),
    idempotency_key text NOT NULL UNIQUE,
    key_made_at timestamptz NOT NULL DEFAULT now(),
    submissions_before bigint NOT NULL DEFAULT 0,         -- how often the bank had been answered when this began
    tries integer NOT NULL DEFAULT 0,
    next_try_at timestamptz,
    last_error text,
    admin_user_id text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CHECK ((status IN ('sending', 'unknown')) = (next_try_at IS NOT NULL))
);
CREATE UNIQUE INDEX dispute_answers_one_at_a_time ON dispute_answers (stripe_dispute_id) WHERE status IN ('sending', 'unknown');
CREATE INDEX dispute_answers_due ON dispute_answers (next_try_at) WHERE status IN ('sending', 'unknown');
CREATE INDEX dispute_answers_dispute ON dispute_answers (stripe_dispute_id, created_at);

-- Passes over Stripe's lists. One that was cut off goes on behind the last row that it read.
CREATE TABLE reconciliations (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    scope text NOT NULL CHECK (scope IN ('refunds', 'disputes')),
    last_id text,                        -- the last row that was read
    as_of timestamptz,                   -- when its first page was read, by Stripe's clock
    seen bigint NOT NULL DEFAULT 0,
    repaired bigint NOT NULL DEFAULT 0,
    passed_over bigint NOT NULL DEFAULT 0,
    totals jsonb NOT NULL DEFAULT '[]',
    error text,                          -- why it does not go on
    started_at timestamptz NOT NULL DEFAULT now(),
    finished_at timestamptz
);
CREATE UNIQUE INDEX reconciliations_one_open ON reconciliations (scope) WHERE finished_at IS NULL;

-- The trail of one refund and its request, for the evidence. The index holds these entries alone.
SELECT set_config('search_path', quote_ident(current_schema()) || ', pg_temp', true);
CREATE INDEX audit_log_refunds ON audit_log (object_id, id) WHERE object_type IN ('refund', 'refund_request');
CREATE FUNCTION refund_trail(ids text[]) RETURNS TABLE (
    id bigint, at timestamptz, actor_kind text, actor text, action text, origin text, object_type text, object_id text, before jsonb,
    after jsonb, request_id text, event_id text, sequence bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path FROM CURRENT AS $$
    SELECT log.id, log.at, log.actor_kind, log.actor, log.action, log.origin, log.object_type, log.object_id, log.before, log.after,
           log.request_id, log.event_id,
           (SELECT seal.sequence FROM audit_seals AS seal WHERE log.id BETWEEN seal.lowest AND seal.highest AND log.id = ANY (seal.ids)
            ORDER BY seal.sequence LIMIT 1)
    FROM audit_log AS log WHERE log.object_type IN ('refund', 'refund_request') AND log.object_id = ANY (refund_trail.ids)
    ORDER BY log.id LIMIT 500
$$;

-- Refunds and disputes of payments that nobody here had: after so long they are somebody else's.
CREATE FUNCTION forget_strangers() RETURNS bigint LANGUAGE sql SECURITY DEFINER SET search_path FROM CURRENT AS $$
    WITH back AS (DELETE FROM refunds WHERE payment_id IS NULL AND updated_at < now() - interval '35 days' RETURNING 1),
         disputed AS (DELETE FROM payment_disputes WHERE payment_id IS NULL AND updated_at < now() - interval '35 days' RETURNING 1)
    SELECT (SELECT count(*) FROM back) + (SELECT count(*) FROM disputed)
$$;
REVOKE ALL ON FUNCTION refund_trail(text[]), forget_strangers() FROM PUBLIC;

-- What was known before anybody told of it is told now, in the words of the messages.
UPDATE refundable_payments AS payment SET elsewhere = back.amount, refunds_version = 1
FROM (SELECT payment_id, coalesce(sum(amount) FILTER (WHERE status NOT IN ('failed', 'canceled')), 0) AS amount FROM refunds
      WHERE payment_id IS NOT NULL GROUP BY payment_id) AS back
WHERE back.payment_id = payment.payment_id;
INSERT INTO outbox (message_id, exchange, routing_key, body)
SELECT told.id, 'payments.events', told.key,
       convert_to(jsonb_build_object('specversion', '1.0', 'id', told.id, 'source', '/payments/refund', 'type', told.key,
                                     'subject', told.subject, 'time', to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
                                     'datacontenttype', 'application/json', 'data', jsonb_strip_nulls(told.data))::text, 'UTF8')
FROM (
    SELECT 'V0004-' || refunds.stripe_refund_id AS id, 'refund.changed.v1' AS key, refunds.payment_id AS subject,
           jsonb_build_object('refund_id', refunds.id, 'version', 1, 'payment_id', refunds.payment_id, 'user_id', refunds.user_id,
                              'stripe_refund_id', refunds.stripe_refund_id, 'amount', refunds.amount, 'currency', refunds.currency,
                              'status', refunds.status, 'reason', refunds.reason,
                              'refunded_at', to_char(refunds.refunded_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
                              'payment_amount_refunded', payment.elsewhere) AS data
    FROM refunds JOIN refundable_payments AS payment USING (payment_id)
    UNION ALL
    SELECT 'V0004-' || stripe_dispute_id, 'dispute.changed.v1', stripe_dispute_id,
           jsonb_build_object('stripe_dispute_id', stripe_dispute_id, 'version', 1, 'payment_id', payment_id, 'user_id', user_id,
                              'amount', amount, 'currency', currency, 'reason', reason, 'status', status,
                              'evidence_deadline', to_char(evidence_deadline AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
                              'disputed_at', to_char(disputed_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'))
    FROM payment_disputes WHERE payment_id IS NOT NULL
) AS told;
