SELECT set_config('search_path', quote_ident(current_schema()) || ', pg_temp', true);

-- What lists of payments show and are searched by. Of payments that were heard before, Stripe's names come with their next change.
ALTER TABLE payments RENAME COLUMN paid_at TO created_at;             -- when Stripe began to collect
ALTER TABLE payments
    ADD COLUMN paid_at timestamptz,                                   -- when Stripe had the money; NULL while it has not, or does not say
    ADD COLUMN stripe_payment_intent_id text,
    ADD COLUMN stripe_charge_id text,
    ADD COLUMN stripe_invoice_id text,
    ADD COLUMN stripe_subscription_id text;
UPDATE payments SET paid_at = created_at WHERE status IN ('succeeded', 'refunded');
-- The time that money is dated by.
ALTER TABLE payments ADD COLUMN dated_at timestamptz NOT NULL GENERATED ALWAYS AS (coalesce(paid_at, created_at)) STORED;
DROP INDEX payments_paid_at;
CREATE INDEX payments_dated_at ON payments (dated_at, payment_id) WHERE merged_into IS NULL;
CREATE INDEX payments_user ON payments (user_id, dated_at, payment_id) WHERE merged_into IS NULL;
CREATE INDEX payments_status ON payments (status, dated_at, payment_id) WHERE merged_into IS NULL;
CREATE INDEX payments_plan ON payments (plan_id, dated_at, payment_id) WHERE merged_into IS NULL;
CREATE INDEX payments_currency ON payments (currency, dated_at, payment_id) WHERE merged_into IS NULL;
CREATE INDEX payments_amount ON payments (amount, dated_at, payment_id) WHERE merged_into IS NULL;
CREATE INDEX payments_intent ON payments (stripe_payment_intent_id) WHERE stripe_payment_intent_id IS NOT NULL;
CREATE INDEX payments_charge ON payments (stripe_charge_id) WHERE stripe_charge_id IS NOT NULL;
CREATE INDEX payments_invoice ON payments (stripe_invoice_id) WHERE stripe_invoice_id IS NOT NULL;
CREATE INDEX payments_subscription ON payments (stripe_subscription_id) WHERE stripe_subscription_id IS NOT NULL;
CREATE INDEX payment_attempts_payment ON payment_attempts (payment_id);
CREATE INDEX refunds_payment ON refunds (payment_id);
CREATE INDEX disputes_payment ON disputes (payment_id);

-- What a subscription brings a month, in minor units, as Stripe counts it (Billing metric definitions; Billing Analytics): active or past due,
-- a year is twelve months, of discounts only those that hold for ever. A week is 1/52 and a day 1/365 of a year. Where it was not told how long a
-- discount holds, one without an end holds for ever.
CREATE FUNCTION monthly_revenue(status text, amount bigint, unit text, units bigint, discount jsonb) RETURNS bigint
LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN status IN ('active', 'past_due') THEN round(
        greatest(amount * (1 - coalesce(percent, 0) / 100) - coalesce(amount_off, 0), 0)
        * CASE unit WHEN 'year' THEN 1 WHEN 'month' THEN 12 WHEN 'week' THEN 52 WHEN 'day' THEN 365 END / (12 * nullif(units, 0)))::bigint END
    FROM (SELECT CASE WHEN discount ? 'percent_off_forever' THEN (discount->>'percent_off_forever')::numeric
                      WHEN discount->>'end' IS NULL THEN (discount->>'percent_off')::numeric END AS percent,
                 CASE WHEN discount ? 'percent_off_forever' THEN (discount->>'amount_off_forever')::numeric
                      WHEN discount->>'end' IS NULL THEN (discount->>'amount_off')::numeric END AS amount_off) AS lasting
$$;

-- Every state of a subscription that was told, for what changed when; the newest holds.
ALTER TABLE subscriptions RENAME TO subscription_states;
ALTER TABLE subscription_states DROP CONSTRAINT subscriptions_pkey, ADD PRIMARY KEY (stripe_subscription_id, version),
    ADD COLUMN mrr bigint GENERATED ALWAYS AS (monthly_revenue(status, amount, interval, interval_count, discount)) STORED;
CREATE INDEX subscription_states_user ON subscription_states (user_id);
CREATE VIEW subscriptions AS
    SELECT DISTINCT ON (stripe_subscription_id) * FROM subscription_states ORDER BY stripe_subscription_id, version DESC;

-- Days begin at midnight of this time zone.
CREATE TABLE calendar (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    time_zone text NOT NULL DEFAULT 'UTC'
);
INSERT INTO calendar DEFAULT VALUES;

-- The sums of what happened on each day. Each row of the tables above adds to its days what the functions below say, and whenever one is
-- added or changed, the difference is added here in the same statement: a sum is right however often and however late a fact is corrected.
CREATE TABLE figures (
    currency text NOT NULL,
    figure text NOT NULL,
    day date NOT NULL,                   -- the first of a month in figures that end in `_by_month`
    part text NOT NULL,                  -- what the figure is divided by: a plan, a reason, a code; '' where that is unknown
    count bigint NOT NULL,
    amount bigint NOT NULL,              -- minor units
    PRIMARY KEY (currency, figure, day, part)
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02);
CREATE TYPE figure AS (currency text, figure text, day date, part text, count bigint, amount bigint);

-- Where a payment counts.
CREATE FUNCTION payment_figures(payment payments, zone text) RETURNS SETOF figure LANGUAGE sql STABLE AS $$
    SELECT payment.currency, CASE WHEN payment.status IN ('succeeded', 'refunded') THEN 'collected' ELSE payment.status END,
           (payment.dated_at AT TIME ZONE zone)::date, coalesce(payment.plan_id, ''), 1::bigint, payment.amount
    WHERE payment.merged_into IS NULL
$$;

-- What was given back: what Stripe has made and what has neither failed nor been cancelled.
CREATE FUNCTION refund_figures(refund refunds, zone text) RETURNS SETOF figure LANGUAGE sql STABLE AS $$
    SELECT refund.currency, 'refunded', (refund.refunded_at AT TIME ZONE zone)::date, coalesce(refund.reason, ''), 1::bigint, refund.amount
    WHERE refund.status NOT IN ('failed', 'canceled', 'unknown')
$$;

-- What banks object to, by how it stands, and what of it is out of the account now. Inquiries take no money.
CREATE FUNCTION dispute_figures(dispute disputes, zone text) RETURNS SETOF figure LANGUAGE sql STABLE AS $$
    SELECT dispute.currency, one.figure, (dispute.disputed_at AT TIME ZONE zone)::date, one.part, 1::bigint, dispute.amount
    FROM (SELECT CASE WHEN dispute.status LIKE 'warning%' THEN 'inquiry' WHEN dispute.status IN ('won', 'lost') THEN dispute.status
                      WHEN dispute.status = 'prevented' THEN 'won' ELSE 'open' END AS standing) AS now,
         LATERAL (VALUES ('disputed', standing, true),
                         ('withdrawn', '', coalesce(dispute.is_money_out, standing IN ('open', 'lost')))) AS one (figure, part, holds)
    WHERE one.holds
$$;

-- A failed attempt, by its code, by which try it was, and by the hour. The first try of an invoice begins its dunning; those that no invoice
-- numbers are of somebody at a keyboard, who tries another card.
CREATE FUNCTION attempt_figures(attempt payment_attempts, zone text) RETURNS SETOF figure LANGUAGE sql STABLE AS $$
    SELECT attempt.currency, one.figure, failed::date, one.part, 1::bigint, attempt.amount
    FROM (SELECT attempt.failed_at AT TIME ZONE zone AS failed) AS local,
         LATERAL (VALUES ('attempt_failed', coalesce(attempt.failure_code, ''), true),
                         ('attempt_hour', extract(hour FROM failed)::text, true),
                         ('attempt_number', coalesce(attempt.attempt_number::text, ''), true),
                         ('attempt_recovered', coalesce(attempt.attempt_number::text, ''), attempt.recovered_at IS NOT NULL))
                 AS one (figure, part, holds)
    WHERE one.holds
$$;

-- Why a subscription brings nothing any more.
CREATE FUNCTION leaving(state subscription_states) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN state.cancellation_reason = 'payment_disputed' THEN 'dispute'
                WHEN state.cancellation_reason = 'payment_failed' OR state.status IN ('unpaid', 'incomplete_expired') THEN 'involuntary'
                ELSE 'voluntary' END
$$;

-- What the subscriptions of customers did on each day, by how they stood at the ends of days; all states of each customer are given. What the
-- first state that is known of a subscription says was so from its beginning.
--
-- `status`: one more or less in a status. `ended`: ended, and why. `mrr`: what the customer brings a month is more or less by so much, and how
-- many customers that makes. `movement`: the same, by what it was. (PL/pgSQL, because that is planned once, and planning takes longest.)
CREATE FUNCTION customer_figures(states subscription_states[], zone text) RETURNS SETOF figure LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN QUERY
    WITH told AS (
        SELECT state.user_id, state.stripe_subscription_id AS id, state.version, coalesce(state.currency, '') AS currency, state.status,
               coalesce(state.mrr, 0) AS mrr, state.ended_at, leaving(state) AS leaving,
               CASE WHEN state.status NOT IN ('trialing', 'active', 'past_due') OR lag(state.version) OVER own IS NOT NULL THEN state.changed_at
                    WHEN state.status = 'trialing' THEN state.stripe_created_at
                    ELSE greatest(state.stripe_created_at, least(state.trial_end, state.changed_at)) END AS since
        FROM unnest(states) AS state WINDOW own AS (PARTITION BY state.stripe_subscription_id ORDER BY state.version)
    ), dated AS (
        SELECT *, (max(since) OVER (PARTITION BY id ORDER BY version) AT TIME ZONE zone)::date AS day,
               lead(version) OVER (PARTITION BY id ORDER BY version) IS NULL AS is_newest
        FROM told
    ), evening AS (
        SELECT DISTINCT ON (id, day) * FROM dated ORDER BY id, day, version DESC
    ), step AS (
        SELECT *, lag(status) OVER own AS was, lag(currency) OVER own AS currency_was, mrr - lag(mrr, 1, 0::bigint) OVER own AS difference
        FROM evening WINDOW own AS (PARTITION BY id ORDER BY day)
    ), moved AS (
        SELECT user_id, currency, day, sum(difference) AS difference,
               coalesce(max(leaving) FILTER (WHERE difference < 0 AND leaving <> 'voluntary'), 'voluntary') AS leaving
        FROM step WHERE difference <> 0 GROUP BY 1, 2, 3 HAVING sum(difference) <> 0
    ), movement AS (
        SELECT currency, day, difference,
               CASE WHEN now = difference THEN CASE WHEN number = 1 THEN 'new' ELSE 'reactivation' END
                    WHEN now = 0 THEN 'churn_' || leaving WHEN difference > 0 THEN 'expansion' ELSE 'contraction' END AS kind,
               (now > 0)::int - (now - difference > 0)::int AS customers
        FROM (SELECT *, sum(difference) OVER own AS now, row_number() OVER own AS number
              FROM moved WINDOW own AS (PARTITION BY user_id, currency ORDER BY day)) AS level
    ), change AS (
        SELECT currency, 'status' AS figure, day, status AS part, 1 AS count, 0 AS amount FROM step WHERE status IS DISTINCT FROM was
        UNION ALL
        SELECT currency_was, 'status', day, was, -1, 0 FROM step WHERE status IS DISTINCT FROM was AND was IS NOT NULL
        UNION ALL
        SELECT currency, 'mrr', day, 'customers', customers, difference FROM movement
    ), counted AS (
        SELECT * FROM change
        UNION ALL SELECT currency, figure || '_by_month', date_trunc('month', day)::date, part, count, amount FROM change
        UNION ALL SELECT currency, 'movement', day, kind, 1, difference FROM movement
        UNION ALL SELECT currency, 'ended', (ended_at AT TIME ZONE zone)::date, leaving, 1, 0 FROM dated
                  WHERE is_newest AND ended_at IS NOT NULL AND status <> 'incomplete_expired'
    )
    SELECT counted.currency, counted.figure, counted.day, counted.part, sum(counted.count), sum(counted.amount)::bigint
    FROM counted GROUP BY 1, 2, 3, 4;
END $$;

-- Everything there is, counted from the beginning.
CREATE FUNCTION all_figures(zone text) RETURNS SETOF figure LANGUAGE sql STABLE AS $$
    SELECT counted.* FROM payments, payment_figures(payments, zone) AS counted
    UNION ALL
    SELECT counted.* FROM refunds, refund_figures(refunds, zone) AS counted
    UNION ALL
    SELECT counted.* FROM disputes, dispute_figures(disputes, zone) AS counted
    UNION ALL
    SELECT counted.* FROM payment_attempts AS attempt, attempt_figures(attempt, zone) AS counted
    UNION ALL
    -- So many customers at a time as are quick and take little memory.
    SELECT counted.* FROM (SELECT array_agg(state) AS states FROM subscription_states AS state GROUP BY hashtext(user_id) % 1000) AS these,
                          customer_figures(states, zone) AS counted
$$;

-- Adds what is different, always in the same order, so that two who do so at once never wait for each other.
CREATE FUNCTION add_figures(changes figure[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO figures AS known (currency, figure, day, part, count, amount)
    SELECT currency, figure, day, part, sum(count)::bigint, sum(amount)::bigint FROM unnest(changes) GROUP BY 1, 2, 3, 4
    HAVING sum(count) <> 0 OR sum(amount) <> 0 ORDER BY 1, 2, 3, 4
    ON CONFLICT (currency, figure, day, part) DO UPDATE SET count = known.count + excluded.count, amount = known.amount + excluded.amount;
END $$;

CREATE FUNCTION minus(counted figure) RETURNS figure LANGUAGE sql IMMUTABLE AS $$
    SELECT ROW(counted.currency, counted.figure, counted.day, counted.part, -counted.count, -counted.amount)::figure
$$;

-- The triggers: each statement that adds or changes rows is counted as one. The rows that an update replaces are those that it found, whoever
-- changed them in between. To compile what they do would take longer than to do it, and a function for each table is planned once.
DO $$
DECLARE
    counted record;
BEGIN
    FOR counted IN VALUES ('payments', 'payment_figures'), ('refunds', 'refund_figures'), ('disputes', 'dispute_figures'),
                          ('payment_attempts', 'attempt_figures') LOOP
        EXECUTE format($made$
            CREATE FUNCTION count_%1$s() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT SET jit = off AS $body$
            BEGIN
                IF TG_OP = 'INSERT' THEN
                    PERFORM add_figures(array_agg(counted)) FROM calendar, became, %2$s(ROW(became.*)::%1$s, time_zone) AS counted;
                ELSE
                    PERFORM add_figures(array_agg(counted)) FROM (
                        SELECT counted FROM calendar, became, %2$s(ROW(became.*)::%1$s, time_zone) AS counted
                        UNION ALL
                        SELECT minus(counted) FROM calendar, was, %2$s(ROW(was.*)::%1$s, time_zone) AS counted) AS difference;
                END IF;
                RETURN NULL;
            END $body$;
            REVOKE ALL ON FUNCTION count_%1$s() FROM PUBLIC;
            CREATE TRIGGER count_added AFTER INSERT ON %1$s REFERENCING NEW TABLE AS became EXECUTE FUNCTION count_%1$s();
            CREATE TRIGGER count_changed AFTER UPDATE ON %1$s REFERENCING OLD TABLE AS was NEW TABLE AS became EXECUTE FUNCTION count_%1$s();
            $made$, counted.column1, counted.column2);
    END LOOP;
END $$;

-- What a customer brings depends on all states of all of his subscriptions, so who adds some of one customer waits for whoever is at it. A
-- newest state that says what the one before it said, as after each renewal, changes nothing.
CREATE FUNCTION count_subscriptions() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT SET jit = off AS $$
DECLARE
    concerned text[];
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('customer ' || user_id, 0))
    FROM (SELECT DISTINCT user_id FROM became ORDER BY 1) AS these;
    SELECT array_agg(DISTINCT user_id) INTO concerned FROM became
    WHERE NOT EXISTS (
        SELECT FROM (SELECT * FROM subscription_states AS other WHERE other.stripe_subscription_id = became.stripe_subscription_id
                       AND other.version < became.version ORDER BY other.version DESC LIMIT 1) AS before
        WHERE (before.user_id, before.currency, before.status, before.mrr, before.ended_at, before.cancellation_reason)
              IS NOT DISTINCT FROM
              (became.user_id, became.currency, became.status, became.mrr, became.ended_at, became.cancellation_reason))
       OR EXISTS (SELECT FROM subscription_states AS later WHERE later.stripe_subscription_id = became.stripe_subscription_id
                    AND later.version > became.version);
    IF concerned IS NULL THEN RETURN NULL; END IF;
    PERFORM add_figures(array_agg(counted)) FROM (
        SELECT counted FROM calendar, (
            SELECT array_agg(state) AS states FROM subscription_states AS state WHERE user_id = ANY (concerned)) AS now,
            customer_figures(states, time_zone) AS counted
        UNION ALL
        SELECT minus(counted) FROM calendar, (
            SELECT array_agg(state) AS states FROM subscription_states AS state
            WHERE user_id = ANY (concerned)
              AND NOT EXISTS (SELECT FROM became WHERE became.stripe_subscription_id = state.stripe_subscription_id
                                                   AND became.version = state.version)) AS before,
            customer_figures(states, time_zone) AS counted) AS difference;
    RETURN NULL;
END $$;
CREATE TRIGGER count_added AFTER INSERT ON subscription_states REFERENCING NEW TABLE AS became EXECUTE FUNCTION count_subscriptions();

-- Counts everything anew and adds what is missing; what was different. One statement sees one moment, and adds to whatever others have added
-- since: nobody waits, and nothing is counted twice.
CREATE FUNCTION rebuild_figures() RETURNS TABLE (
    currency text, figure text, day date, part text, count_kept bigint, count_right bigint, amount_kept bigint, amount_right bigint)
LANGUAGE sql SECURITY DEFINER SET search_path FROM CURRENT SET jit = off AS $$
    WITH counted AS (
        SELECT counted.currency, counted.figure, counted.day, counted.part, sum(counted.count)::bigint AS count,
               sum(counted.amount)::bigint AS amount
        FROM calendar, all_figures(time_zone) AS counted GROUP BY 1, 2, 3, 4
    ), differing AS MATERIALIZED (
        SELECT currency, figure, day, part, coalesce(kept.count, 0) AS count_kept, coalesce(counted.count, 0) AS count_right,
               coalesce(kept.amount, 0) AS amount_kept, coalesce(counted.amount, 0) AS amount_right
        FROM figures AS kept FULL JOIN counted USING (currency, figure, day, part)
        WHERE (coalesce(kept.count, 0), coalesce(kept.amount, 0)) <> (coalesce(counted.count, 0), coalesce(counted.amount, 0))
    ), added AS MATERIALIZED (
        SELECT add_figures(array_agg(ROW(currency, figure, day, part, count_right - count_kept, amount_right - amount_kept)::figure))
        FROM differing
    )
    SELECT differing.* FROM differing CROSS JOIN added ORDER BY 1, 2, 3, 4
$$;

-- Lets days begin elsewhere; whether that is new. Whatever is being counted is waited for, and what comes meanwhile waits.
CREATE FUNCTION use_time_zone(zone text) RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT SET jit = off AS $$
BEGIN
    PERFORM now() AT TIME ZONE zone;
    IF (SELECT time_zone FROM calendar) = zone THEN RETURN false; END IF;
    LOCK TABLE payments, refunds, disputes, payment_attempts, subscription_states IN SHARE ROW EXCLUSIVE MODE;
    UPDATE calendar SET time_zone = zone WHERE time_zone <> zone;
    IF NOT FOUND THEN RETURN false; END IF;
    PERFORM rebuild_figures();
    RETURN true;
END $$;

REVOKE ALL ON FUNCTION monthly_revenue(text, bigint, text, bigint, jsonb), payment_figures(payments, text), refund_figures(refunds, text),
    dispute_figures(disputes, text), attempt_figures(payment_attempts, text),
    leaving(subscription_states), customer_figures(subscription_states[], text), all_figures(text), add_figures(figure[]), minus(figure),
    count_subscriptions(), rebuild_figures(), use_time_zone(text)
    FROM PUBLIC;

-- What was heard so far.
SELECT rebuild_figures();
