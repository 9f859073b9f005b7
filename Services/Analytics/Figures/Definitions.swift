/// What each number of `GET /admin/analytics` is, in one sentence. Money is in minor units of one currency.
enum Definitions {
    static let sentences: [String: String] = [
        "revenue.gross":
            "What was collected in the period, dated by when Stripe had the money, before refunds, disputes and Stripe's fees.",
        "revenue.refunded":
            "Refunds that Stripe made in the period, whenever their payments were made, without those that failed or were cancelled.",
        "revenue.disputed": "Money of disputes opened in the period that banks hold or have kept: open and lost ones, without inquiries.",
        "revenue.net": "Gross revenue less what was refunded and what is disputed.",
        "revenue.by_plan": "Gross revenue by the plan that was paid for; without a plan, one-time payments.",
        "revenue.by_day": "Gross revenue, refunds and failed attempts by day in the time zone of the period.",
        "payments.succeeded": "Payments collected in the period, also those refunded since.",
        "payments.failed": "Payments begun in the period whose newest attempt failed and that were neither collected nor called off.",
        "payments.canceled": "Payments begun in the period that were called off before they were collected.",
        "payments.pending": "Payments begun in the period of which nothing has come yet.",
        "payments.average_amount": "Gross revenue divided by the number of payments, rounded to the minor unit.",
        "payments.success_rate": "Succeeded payments as a share of succeeded and failed ones.",
        "failures.count": "Attempts to collect that failed in the period; one payment may have several.",
        "failures.amount": "What those attempts were to collect, together.",
        "failures.by_code": "Failed attempts by Stripe's failure code.",
        "failures.by_attempt":
            "Failed attempts by which try of their invoice they were, and how many of them were followed by a collected payment; null where no invoice counts tries.",
        "failures.by_hour": "Failed attempts by the hour of the day, 0 to 23, in the time zone of the period.",
        "failures.by_weekday": "Failed attempts by the day of the week, 1 for Monday to 7 for Sunday.",
        "recovery.payments": "Payments of invoices whose first attempt failed in the period.",
        "recovery.recovered": "Those of them that were collected by a later attempt, whenever that was.",
        "recovery.rate": "Recovered payments as a share of those whose first attempt failed.",
        "refunds.count": "Refunds that Stripe made in the period, without those that failed or were cancelled.",
        "refunds.amount": "What those refunds gave back.",
        "refunds.by_reason": "The same by the reason that Stripe was given.",
        "disputes.open": "Disputes opened in the period that no bank has decided.",
        "disputes.won": "Those that were decided for us.",
        "disputes.lost": "Those that were decided against us.",
        "disputes.inquiries": "Inquiries opened in the period, which take no money and do not count as disputes.",
        "disputes.amount": "What is or was in dispute, of disputes opened in the period.",
        "disputes.rate": "Disputes opened in the period per payment collected in it.",
        "subscriptions.active": "Subscriptions to a plan that Stripe calls active at the end of the period.",
        "subscriptions.trialing": "Those in trial at the end of the period.",
        "subscriptions.past_due": "Those whose newest invoice was not collected yet at the end of the period.",
        "subscriptions.canceled_in_period": "Subscriptions that ended in the period.",
        "subscriptions.customers": "Customers whose subscriptions bring something at the end of the period.",
        "subscriptions.mrr":
            "Monthly recurring revenue at the end of the period: active and past due subscriptions, a year as twelve months, discounts for ever taken off, without trials.",
        "subscriptions.arpu": "Monthly recurring revenue per customer, rounded to the minor unit.",
        "subscriptions.mrr_movements":
            "What made monthly recurring revenue another than at the start, by customer and day: new, expansion, contraction, churn, reactivation; it adds up to the difference.",
        "subscriptions.churn_rate": "Customers who stopped bringing anything in the period, as a share of those there were at its start.",
        "subscriptions.mrr_churn_rate": "Monthly recurring revenue lost by churn in the period, as a share of that at its start.",
        "subscriptions.churn": "Churn by why: asked for (voluntary), not paid (involuntary), or disputed.",
    ]
}
