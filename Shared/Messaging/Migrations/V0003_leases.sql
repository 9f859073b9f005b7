-- While a replica is at periodic work it holds a lease, which it renews; what a dead replica held is free again once that is over.
ALTER TABLE periodic_work ADD COLUMN leased_by uuid, ADD COLUMN leased_until timestamptz,
    ADD CHECK ((leased_by IS NULL) = (leased_until IS NULL));
