-- once, repeating or forever, as the coupon says: recurring revenue is less only by what holds for ever. NULL where it was not asked.
ALTER TABLE discounts ADD COLUMN duration text;
