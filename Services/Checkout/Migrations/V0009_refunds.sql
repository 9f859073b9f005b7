-- What refund has told of a payment: the newest of its words holds.
ALTER TABLE payments ADD COLUMN refunds_version bigint NOT NULL DEFAULT 0;
