"""Where the sandbox and the recorded sequences differ, and why that stays: a pattern over `story version place what`, and the reason.

The sequences were built from Stripe's example objects, not taken down at Stripe; where its documentation says otherwise, it counts.
"""

DIFFERENCES = [
    (r"^0[34] .*(charge\.failed|payment_failed) (decline_code|message) is '(generic_decline|Your card was declined\.)'",
     "the test card that is declined only later (…0341) gives no reason; the record's is short of funds"),
    (r"^04 .* attempt_count is 2, not 3$",
     "attempt_count counts the retry schedule's attempts: a payment by hand is none (API reference, Invoice: attempt_count)"),
    (r"^\d\d 2026\S* step 2 invoice\.updated is missing$",
     "a first invoice is told of as it is: no `invoice.updated` came with a sign-up in what people saw of `stripe listen` (2025-09-20, "
     "2025-10-08, 2026-03-19)"),
    (r"^12 .* (steps 6, not 5|step 5 (charge\.refund|refund)\.updated is missing)$",
     "the bank's number for a refund comes two days after that refund, not for all on one day"),
]
