import TestKit

/// What customers, their banks and the merchant's support do.
extension Life {
    /// What this user does, and when, in seconds from their beginning. It begins with a subscription, and ends with everything ended.
    mutating func script() -> [(time: Int, act: Act)] {
        let days = Int.random(in: 1...12, using: &random)
        let later: [Act] = [
            .cancelNow, .cancelAtEnd, .takeBackCancel, .changePlan, .payByHand, .payByHand, .payByHand, .failByHand, .failByHand,
            .pauseVoid,
            .pauseDraft, .pauseWriteOff, .endPause, .voidOpen, .writeOff, .invoiceByHand, .buyMug, .deleteCustomer, .loseDispute,
            .refundAll,
            .subscribeAgain, .subscribeAgain, .subscribe,
        ]
        let first: Act = [.subscribe, .subscribe, .subscribe, .tryFirst, .leaveUnpaid].randomElement(using: &random)!
        var script = [(0, first)]
        for _ in 0..<Int.random(in: 0...6, using: &random) {
            script.append((Int.random(in: 60..<days * Day.seconds, using: &random), later.randomElement(using: &random)!))
        }
        if chance(0.3) { script.append((script.last!.0 + Int.random(in: 0...90, using: &random), later.randomElement(using: &random)!)) }
        script.append((days * Day.seconds, .end))
        return script.sorted { $0.0 < $1.0 }
    }

    mutating func perform(_ act: Act, at now: Int) {
        guard !isOver else { return }
        if act.begins, !books.customers.contains(where: { !$0.isDeleted }) {
            // Checkout makes the customer, and says whose it is, a minute or more before anybody can have paid.
            books.customers.append(Books.Customer(id: "cus_\(number)_\(books.customers.count + 1)"))
            say("customer.created", json(customer: books.customers.count - 1), at: now)
            return plan(.act(act), at: now + Int.random(in: 75...200, using: &random))
        }
        switch act {
        case .subscribe: subscribe(at: now)
        case .subscribeAgain: if !books.subscriptions.contains(where: { !$0.hasEnded && $0.price.isPlan }) { subscribe(at: now) }
        case .tryFirst: open(.basic, .trialing, for: 3 * Day.seconds, at: now)
        case .leaveUnpaid: openIncomplete(at: now)
        case .buyMug: open(.mug, .active, for: 7 * Day.seconds, at: now)
        case .cancelNow: if let index = running(at: now) { cancel(index, because: "cancellation_requested", at: now) }
        case .cancelAtEnd, .takeBackCancel: schedule(act == .cancelAtEnd, at: now)
        case .changePlan: changePlan(at: now)
        case .payByHand: if let invoice = unpaid() { pay(invoice, at: now) }
        case .failByHand: if let invoice = unpaid() { fail(invoice, isTriedAgain: false, byHand: true, at: now) }
        case .pauseVoid: pause("void", at: now)
        case .pauseDraft: pause("keep_as_draft", at: now)
        case .pauseWriteOff: pause("mark_uncollectible", at: now)
        case .endPause: if let index = running(at: now) { endPause(of: index, at: now) }
        case .voidOpen: if let invoice = unpaid() { close(invoice, as: .void, at: now) }
        case .writeOff: if let invoice = unpaid() { close(invoice, as: .uncollectible, at: now) }
        case .invoiceByHand: writeInvoice(at: now)
        case .deleteCustomer: deleteCustomer(at: now)
        case .loseDispute, .refundAll: takeBack(byBank: act == .loseDispute, at: now)
        case .end:
            isOver = true
            for index in books.subscriptions.indices where !books.subscriptions[index].hasEnded {
                cancel(index, because: "cancellation_requested", at: now)
            }
        }
    }

    private func running(at now: Int) -> Int? {
        books.subscriptions.lastIndex { !$0.hasEnded && $0.price.isPlan && $0.status != .incomplete }
    }

    /// The oldest invoice that can be paid by hand: not one whose money is on its way.
    private func unpaid() -> Int? {
        books.invoices.indices.first {
            books.invoices[$0].status == .open && books.invoices[$0].intent.map { books.intents[$0].status != "processing" } ?? true
        }
    }

    // MARK: Beginnings

    private mutating func subscribe(at now: Int) {
        let price: Books.Price = [.basic, .basic, .premium, .basicOld].randomElement(using: &random)!
        // Since 2025-03-31 Checkout takes the payment first ("Checkout Sessions have lower latency and new update semantics"); before, and without
        // Checkout, a subscription is incomplete first, and active in the same second.
        let isPaidFirst = chance(0.5)
        let index = open(price, isPaidFirst ? .active : .incomplete, for: character.interval, at: now)
        if !isPaidFirst { plan(.endPeriod(now + character.interval, of: index), at: now + character.interval) }
        let invoice = draw(for: index, reason: "subscription_create", at: now)
        books.invoices[invoice].status = .open
        books.invoices[invoice].attempts = 1
        pay(invoice, at: now)
    }

    @discardableResult
    private mutating func open(_ price: Books.Price, _ status: Books.Status, for time: Int, at now: Int) -> Int {
        let customer = books.customers.lastIndex { !$0.isDeleted }!
        books.subscriptions.append(
            Books.Subscription(
                id: "sub_\(number)_\(books.subscriptions.count + 1)", customer: customer, price: price, status: status, created: now,
                periodStart: now, periodEnd: now + time, interval: status == .trialing ? character.interval : time,
                trialEnd: status == .trialing ? now + time : nil, isMailed: character.method == .mailed && price.isPlan))
        let index = books.subscriptions.count - 1
        tell("created", index, at: now)
        if status != .incomplete { plan(.endPeriod(now + time, of: index), at: now + time) }
        return index
    }

    /// A subscription whose first payment is not made: it can be paid for 23 hours.
    private mutating func openIncomplete(at now: Int) {
        let index = open(.basic, .incomplete, for: character.interval, at: now)
        let invoice = draw(for: index, reason: "subscription_create", at: now)
        books.invoices[invoice].status = .open
        fail(invoice, isTriedAgain: false, byHand: true, at: now)
        books.subscriptions[index].isMailed = false
        plan(.expire(index), at: now + 23 * Day.hour)
    }

    // MARK: Changes

    private mutating func schedule(_ isEnding: Bool, at now: Int) {
        guard let index = running(at: now), books.subscriptions[index].isCanceledAtPeriodEnd != isEnding else { return }
        books.subscriptions[index].isCanceledAtPeriodEnd = isEnding
        // The portal in flexible billing mode sets `cancel_at` alone; the API sets both.
        books.subscriptions[index].cancelAt = isEnding ? books.subscriptions[index].periodEnd : nil
        books.subscriptions[index].canceledAt = isEnding ? now : nil
        tell("updated", index, at: now)
    }

    private mutating func changePlan(at now: Int) {
        guard let index = running(at: now), books.subscriptions[index].status == .active else { return }
        books.subscriptions[index].price = books.subscriptions[index].price == .premium ? .basic : .premium
        tell("updated", index, at: now)
    }

    private mutating func pause(_ behavior: String, at now: Int) {
        guard let index = running(at: now) else { return }
        let days = Int.random(in: 1...4, using: &random)
        let resumes = chance(0.6) ? now + days * Day.seconds : nil
        books.subscriptions[index].pause = Books.Pause(behavior: behavior, resumesAt: resumes)
        tell("updated", index, at: now)
        if let resumes { plan(.resume(index), at: resumes) }
    }

    /// Billed by hand and not paid: it says nothing about a VM.
    private mutating func writeInvoice(at now: Int) {
        guard let index = running(at: now) else { return }
        let invoice = draw(for: index, reason: "manual", at: now)
        books.invoices[invoice].status = .open
        say("invoice.finalized", json(invoice: invoice), at: now)
    }

    /// Stripe ends every subscription of a customer who is deleted.
    private mutating func deleteCustomer(at now: Int) {
        guard let customer = books.customers.lastIndex(where: { !$0.isDeleted }) else { return }
        for index in books.subscriptions.indices
        where books.subscriptions[index].customer == customer && !books.subscriptions[index].hasEnded {
            cancel(index, because: "cancellation_requested", at: now)
        }
        books.customers[customer].isDeleted = true
        say("customer.deleted", json(customer: customer), at: now)
    }

    /// The newest payment is taken back: by the bank, or given back by us.
    private mutating func takeBack(byBank: Bool, at now: Int) {
        guard let charge = books.charges.lastIndex(where: { $0.status == "succeeded" && $0.refunded < $0.amount }),
            !books.disputes.contains(where: { $0.charge == charge })
        else { return }
        if byBank {
            books.disputes.append(
                Books.Dispute(id: "dp_\(number)_\(books.disputes.count + 1)", charge: charge, status: "lost", created: now))
            say("charge.dispute.closed", json(dispute: books.disputes.count - 1), at: now)
        } else {
            _ = refund(charge, books.charges[charge].amount - books.charges[charge].refunded, as: nil, at: now)
        }
    }
}
