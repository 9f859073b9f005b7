-- Rows of Stripe's list that are no events as this system knows them: counted, and never in the way of the others.
ALTER TABLE reconciliations ADD COLUMN passed_over integer NOT NULL DEFAULT 0;
