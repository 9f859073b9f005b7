/// What is asked of Stripe to be done, and what it answers.
extension Life {
    /// How carrying it out fails.
    enum Breakdown: Sendable { case before, after }

    /// What was answered to a key, which is answered again for a day (Stripe's API reference, "Idempotent requests": failures too).
    struct Answered: Sendable {
        var form: [String: String]
        var answer: Answer
        var time: Int
    }

    /// Carries an order out, once for each key.
    mutating func carryOut(_ question: Question, failing breakdown: Breakdown?, isKeyed: Bool, at time: Int64) -> Answer {
        let now = Int(time / 1_000_000)
        if isKeyed, let key = question.key, var known = answered[key], known.time > now - Day.seconds {
            guard known.form == question.query else { return .refused("idempotency_error", "the key was used for something else") }
            known.answer.isReplay = true
            return known.answer
        }
        let isDone = breakdown != .before
        let made = isDone ? answer(to: question, at: now) : nil
        let answer = breakdown == nil ? made : Answer(status: 500, body: #"{"error":{"type":"api_error","message":"it broke"}}"#)
        if let key = question.key, let answer { answered[key] = Answered(form: question.query, answer: answer, time: now) }
        keep(at: time)
        return answer ?? .missing("path")
    }

    private mutating func answer(to question: Question, at now: Int) -> Answer {
        let path = question.path
        switch (question.method, path.first, path.count > 2 ? path[2] : nil) {
        case ("DELETE", "subscriptions", nil): return end(path[1], at: now)
        case ("POST", "invoices", nil): return stopAdvancing(path[1], question.query)
        case ("POST", "invoices", "finalize"): return finalize(path[1], at: now)
        case ("POST", "invoices", "void"): return void(path[1], at: now)
        case ("POST", "refunds", nil): return giveBack(question.query, at: now)
        default: return .missing("path")
        }
    }

    /// One that has ended is not there to be ended (Stripe's API reference, "Cancel a subscription").
    private mutating func end(_ id: String, at now: Int) -> Answer {
        guard let index = books.subscriptions.firstIndex(where: { $0.id == id }), !books.subscriptions[index].hasEnded else {
            return .missing("id")
        }
        cancel(index, because: "cancellation_requested", at: now)
        return Answer(body: json(subscription: index))
    }

    private mutating func stopAdvancing(_ id: String, _ form: [String: String]) -> Answer {
        guard let index = books.invoices.firstIndex(where: { $0.id == id }) else { return .missing("id") }
        if form["auto_advance"] == "false" { books.invoices[index].isAdvancing = false }
        return Answer(body: json(invoice: index, expanding: true))
    }

    private mutating func finalize(_ id: String, at now: Int) -> Answer {
        guard let index = books.invoices.firstIndex(where: { $0.id == id }) else { return .missing("id") }
        guard books.invoices[index].status == .draft else { return .refused("invoice_not_editable", "it is no draft") }
        books.invoices[index].status = .open
        say("invoice.finalized", json(invoice: index), at: now)
        return Answer(body: json(invoice: index, expanding: true))
    }

    /// Only what is final and not paid can be voided (Stripe's API reference, "Void an invoice").
    private mutating func void(_ id: String, at now: Int) -> Answer {
        guard let index = books.invoices.firstIndex(where: { $0.id == id }) else { return .missing("id") }
        guard [.open, .uncollectible].contains(books.invoices[index].status) else {
            return .refused("invoice_not_editable", "it is neither open nor uncollectible")
        }
        books.invoices[index].status = .void
        books.invoices[index].nextAttempt = nil
        say("invoice.voided", json(invoice: index), at: now)
        if let subscription = books.invoices[index].subscription { revive(subscription, at: now) }
        return Answer(body: json(invoice: index, expanding: true))
    }

    /// An unpaid subscription is judged by its most recent invoice that is not void ("How subscriptions work").
    private mutating func revive(_ index: Int, at now: Int) {
        guard books.subscriptions[index].status == .unpaid else { return }
        let counting = books.invoices.filter { $0.subscription == index && $0.reason != "manual" && $0.status != .void }
        if counting.last?.status == .paid { become(.active, index, at: now) }
    }

    /// Never more than is left, and nothing of what a bank has taken back (Stripe's error codes `charge_already_refunded`, `charge_disputed`).
    private mutating func giveBack(_ form: [String: String], at now: Int) -> Answer {
        let named = books.charges.firstIndex { $0.id == form["charge"] }
        let found = named ?? books.intents.first { $0.id == form["payment_intent"] }?.charge
        guard let charge = found else { return .missing("charge") }
        guard books.charges[charge].status == "succeeded" else { return .refused("charge_not_refundable", "it has not succeeded") }
        guard !books.disputes.contains(where: { $0.charge == charge }) else { return .refused("charge_disputed", "a bank has it") }
        let rest = books.charges[charge].amount - books.charges[charge].refunded
        guard rest > 0 else { return .refused("charge_already_refunded", "nothing is left") }
        let amount = form["amount"].flatMap { Int($0) } ?? rest
        guard amount > 0, amount <= rest else { return .refused("amount_too_large", "only \(rest) is left") }
        let made = refund(charge, amount, as: form["metadata[refund_id]"], at: now)
        return Answer(body: json(refund: made))
    }

    /// Gives so much of a charge back; one that goes by bank arrives days later, or does not ("Refund and cancel payments", "Failed refunds").
    mutating func refund(_ charge: Int, _ amount: Int, as name: String?, at now: Int) -> Int {
        let isSlow = books.intents[books.charges[charge].intent].method != "card"
        books.charges[charge].refunded += amount
        books.refunds.append(
            Books.Refund(
                id: "re_\(number)_\(books.refunds.count + 1)", charge: charge, amount: amount, status: isSlow ? "pending" : "succeeded",
                created: now, name: name))
        let index = books.refunds.count - 1
        if isSlow || chance(0.1) {
            let days = Int.random(in: 1...4, using: &random)
            plan(.settleRefund(index, succeeds: chance(isSlow ? 0.8 : 0)), at: now + days * Day.seconds)
        }
        say("refund.created", json(refund: index), at: now)
        say("charge.refunded", json(charge: charge), at: now)
        return index
    }

    mutating func settle(refund index: Int, succeeds: Bool, at now: Int) {
        books.refunds[index].status = succeeds ? "succeeded" : "failed"
        if !succeeds { books.charges[books.refunds[index].charge].refunded -= books.refunds[index].amount }
        say("refund.updated", json(refund: index), at: now)
        if !succeeds { say("refund.failed", json(refund: index), at: now) }
    }
}

extension Answer {
    fileprivate static func refused(_ code: String, _ message: String) -> Answer {
        let type = code == "idempotency_error" ? code : "invalid_request_error"
        return Answer(status: 400, body: #"{"error":{"type":"\#(type)","code":"\#(code)","message":"\#(message)"}}"#)
    }
}
