/// The books as Stripe writes them, in version 2026-05-27.dahlia (the shapes are those of its published specification).
extension Life {
    func json(customer index: Int, in books: Books? = nil) -> String {
        let customer = (books ?? self.books).customers[index]
        if customer.isDeleted { return #"{"id":"\#(customer.id)","object":"customer","deleted":true,"livemode":false}"# }
        return #"{"id":"\#(customer.id)","object":"customer","livemode":false,"metadata":\#(ours)}"#
    }

    /// By which our objects are known.
    private var ours: String { #"{"user_id":"user_\#(number)","installation":"\#(Self.installation)"}"# }

    func json(subscription index: Int, in books: Books? = nil) -> String {
        let books = books ?? self.books
        let subscription = books.subscriptions[index]
        let pause = subscription.pause.map { #"{"behavior":"\#($0.behavior)","resumes_at":\#(text($0.resumesAt))}"# } ?? "null"
        let invoice = subscription.latestInvoice.map { #""\#(books.invoices[$0].id)""# } ?? "null"
        let reason = subscription.reason.map { #""\#($0)""# } ?? "null"
        let metadata = subscription.price.isPlan ? ours : "{}"
        let item =
            #"{"id":"si_\#(number)_\#(index)","object":"subscription_item","quantity":1,"current_period_start":\#(subscription.periodStart),"#
            + #""current_period_end":\#(subscription.periodEnd),"price":{"id":"\#(subscription.price.rawValue)","object":"price","currency":"eur","#
            + #""unit_amount":\#(subscription.price.amount),"recurring":{"interval":"day","interval_count":\#(subscription.interval / Day.seconds)}}}"#
        return
            #"{"id":"\#(subscription.id)","object":"subscription","livemode":false,"customer":"\#(books.customers[subscription.customer].id)","#
            + #""status":"\#(subscription.status.rawValue)","created":\#(subscription.created),"items":{"object":"list","data":[\#(item)]},"#
            + #""cancel_at_period_end":\#(subscription.isCanceledAtPeriodEnd && number % 2 == 0),"cancel_at":\#(text(subscription.cancelAt)),"#
            + #""canceled_at":\#(text(subscription.canceledAt)),"ended_at":\#(text(subscription.endedAt)),"pause_collection":\#(pause),"#
            + #""cancellation_details":{"reason":\#(reason)},"latest_invoice":\#(invoice),"trial_end":\#(text(subscription.trialEnd)),"#
            + #""metadata":\#(metadata)}"#
    }

    func json(invoice index: Int, in books: Books? = nil, expanding isExpanded: Bool = false) -> String {
        let books = books ?? self.books
        let invoice = books.invoices[index]
        var parent = "null"
        var line = #"{"id":"il_\#(number)_\#(index)","object":"line_item","amount":\#(invoice.amount),"#
        if let subscription = invoice.subscription.map({ books.subscriptions[$0] }) {
            let metadata = subscription.price.isPlan ? ours : "{}"
            parent =
                #"{"type":"subscription_details","subscription_details":{"subscription":"\#(subscription.id)","metadata":\#(metadata)}}"#
            line +=
                #""parent":{"type":"subscription_item_details","subscription_item_details":{"subscription":"\#(subscription.id)","proration":false}},"#
                + #""pricing":{"price_details":{"price":"\#(subscription.price.rawValue)"}},"#
        }
        line += #""period":{"start":\#(invoice.created),"end":\#(invoice.serviceEnd)}}"#
        let payments = isExpanded ? #""payments":{"object":"list","data":[\#(json(paymentOf: index, in: books) ?? "")]},"# : ""
        return #"{"id":"\#(invoice.id)","object":"invoice","livemode":false,"customer":"\#(books.customers[invoice.customer].id)","#
            + #""status":"\#(invoice.status.rawValue)","billing_reason":"\#(invoice.reason)","currency":"eur","#
            + #""collection_method":"\#(invoice.isMailed ? "send_invoice" : "charge_automatically")","due_date":\#(text(invoice.due)),"#
            + #""amount_due":\#(invoice.amount),"amount_paid":\#(invoice.status == .paid ? invoice.amount : 0),"attempt_count":\#(invoice.attempts),"#
            + #""next_payment_attempt":\#(text(invoice.nextAttempt)),"created":\#(invoice.created),"parent":\#(parent),\#(payments)"#
            + #""status_transitions":{"paid_at":\#(text(invoice.paidAt))},"lines":{"object":"list","has_more":false,"data":[\#(line)]},"#
            + #""metadata":{}}"#
    }

    /// The payment by which an invoice is collected; nil while nothing was tried.
    func json(paymentOf index: Int, in books: Books) -> String? {
        let invoice = books.invoices[index]
        guard let intent = invoice.intent.map({ books.intents[$0] }) else { return nil }
        let isPaid = invoice.status == .paid
        return #"{"id":"inpay_\#(intent.id)","object":"invoice_payment","livemode":false,"invoice":"\#(invoice.id)","currency":"eur","#
            + #""status":"\#(isPaid ? "paid" : "open")","amount_paid":\#(isPaid ? "\(invoice.amount)" : "null"),"#
            + #""payment":{"type":"payment_intent","payment_intent":"\#(intent.id)"}}"#
    }

    func json(intent index: Int, in books: Books? = nil, expanding isExpanded: Bool = false) -> String {
        let books = books ?? self.books
        let intent = books.intents[index]
        let charge = intent.charge.map { isExpanded ? json(charge: $0, in: books) : #""\#(books.charges[$0].id)""# } ?? "null"
        let failure =
            intent.status == "requires_payment_method"
            ? #"{"charge":\#(intent.charge.map { #""\#(books.charges[$0].id)""# } ?? "null"),"code":"card_declined"}"# : "null"
        return #"{"id":"\#(intent.id)","object":"payment_intent","livemode":false,"customer":"\#(books.customers[intent.customer].id)","#
            + #""status":"\#(intent.status)","currency":"eur","amount":\#(intent.amount),"#
            + #""amount_received":\#(intent.status == "succeeded" ? intent.amount : 0),"created":\#(intent.created),"metadata":{},"#
            + #""last_payment_error":\#(failure),"latest_charge":\#(charge)}"#
    }

    func json(charge index: Int, in books: Books? = nil) -> String {
        let books = books ?? self.books
        let charge = books.charges[index]
        let intent = books.intents[charge.intent]
        let failure = charge.status == "failed" ? #""card_declined""# : "null"
        return #"{"id":"\#(charge.id)","object":"charge","livemode":false,"payment_intent":"\#(intent.id)","#
            + #""customer":"\#(books.customers[intent.customer].id)","status":"\#(charge.status)","currency":"eur","amount":\#(charge.amount),"#
            + #""amount_captured":\#(charge.status == "succeeded" ? charge.amount : 0),"captured":\#(charge.status == "succeeded"),"#
            + #""amount_refunded":\#(charge.refunded),"failure_code":\#(failure),"created":\#(charge.created),"metadata":{},"#
            + #""payment_method_details":{"type":"\#(intent.method)"}}"#
    }

    func json(refund index: Int, in books: Books? = nil) -> String {
        let books = books ?? self.books
        let refund = books.refunds[index]
        let charge = books.charges[refund.charge]
        return #"{"id":"\#(refund.id)","object":"refund","charge":"\#(charge.id)","payment_intent":"\#(books.intents[charge.intent].id)","#
            + #""currency":"eur","amount":\#(refund.amount),"status":"\#(refund.status)","created":\#(refund.created),"#
            + #""metadata":\#(refund.name.map { #"{"refund_id":"\#($0)"}"# } ?? "{}")}"#
    }

    func json(dispute index: Int, in books: Books? = nil) -> String {
        let books = books ?? self.books
        let dispute = books.disputes[index]
        let charge = books.charges[dispute.charge]
        return #"{"id":"\#(dispute.id)","object":"dispute","livemode":false,"charge":"\#(charge.id)","#
            + #""payment_intent":"\#(books.intents[charge.intent].id)","currency":"eur","amount":\#(charge.amount),"reason":"general","#
            + #""status":"\#(dispute.status)","created":\#(dispute.created)}"#
    }

    private func text(_ number: Int?) -> String { number.map(String.init) ?? "null" }
}
