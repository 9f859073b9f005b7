/// What Stripe does by itself: periods end, invoices are finalized and collected, tried again, and given up.
extension Life {
    mutating func take(_ step: Step, at now: Int) {
        switch step {
        case .act(let act): perform(act, at: now)
        case .endPeriod(let end, let index): endPeriod(end, of: index, at: now)
        case .finalize(let invoice): finalize(invoice, at: now)
        case .collect(let invoice): collect(invoice, at: now)
        case .settle(let intent, let succeeds): settle(intent, succeeds: succeeds, at: now)
        case .expire(let index): expire(index, at: now)
        case .resume(let index): endPause(of: index, at: now)
        case .settleRefund(let index, let succeeds): settle(refund: index, succeeds: succeeds, at: now)
        case .cancel(let index): if !books.subscriptions[index].hasEnded { cancel(index, because: "cancellation_requested", at: now) }
        }
    }

    // MARK: Periods

    /// A period is over: the subscription ends, or a new one begins with a draft of its invoice (Stripe's documentation, "Subscription invoices").
    private mutating func endPeriod(_ end: Int, of index: Int, at now: Int) {
        let before = books.subscriptions[index]
        guard !before.hasEnded, before.periodEnd == end, before.status != .incomplete else { return }
        if before.isCanceledAtPeriodEnd || before.cancelAt.map({ $0 <= now }) == true {
            return cancel(index, because: "cancellation_requested", at: now)
        }
        if before.status == .trialing, character.method == .card, chance(0.2) {
            // A trial without a payment method (`trial_settings.end_behavior.missing_payment_method`).
            if chance(0.5) { return cancel(index, because: "payment_failed", at: now) }
            books.subscriptions[index].status = .paused
            return tell("paused", index, at: now)
        }
        if before.status == .paused { return }
        books.subscriptions[index].periodStart = end
        books.subscriptions[index].periodEnd = end + before.interval
        if before.status == .trialing { books.subscriptions[index].status = .active }
        let invoice = draw(for: index, reason: "subscription_cycle", at: now)
        tell("updated", index, at: now)
        say("invoice.created", json(invoice: invoice), at: now)
        plan(.endPeriod(end + before.interval, of: index), at: end + before.interval)
        // An unpaid subscription's invoices stay drafts; so do those of one that is paused to keep them.
        if before.status == .unpaid || before.pause?.behavior == "keep_as_draft" { return }
        plan(.finalize(invoice), at: now + Day.hour)
    }

    /// A draft of the invoice for the period that has begun.
    mutating func draw(for index: Int, reason: String, at now: Int) -> Int {
        let subscription = books.subscriptions[index]
        books.invoices.append(
            Books.Invoice(
                id: "in_\(number)_\(books.invoices.count + 1)", subscription: index, customer: subscription.customer, status: .draft,
                created: now,
                serviceEnd: subscription.periodEnd, reason: reason, amount: subscription.price.amount, isMailed: subscription.isMailed))
        books.subscriptions[index].latestInvoice = books.invoices.count - 1
        return books.invoices.count - 1
    }

    private mutating func finalize(_ invoice: Int, at now: Int) {
        guard books.invoices[invoice].status == .draft, let index = books.invoices[invoice].subscription else { return }
        let subscription = books.subscriptions[index]
        if !books.invoices[invoice].isAdvancing { return }
        if subscription.hasEnded || subscription.status == .unpaid || subscription.pause?.behavior == "keep_as_draft" { return }
        books.invoices[invoice].status = .open
        switch subscription.pause?.behavior {
        case "void": return close(invoice, as: .void, at: now)
        case "mark_uncollectible": return close(invoice, as: .uncollectible, at: now)
        default: break
        }
        if subscription.isMailed {
            books.invoices[invoice].due = now + 2 * Day.seconds
            say("invoice.finalized", json(invoice: invoice), at: now)
            return plan(.collect(invoice), at: now + 2 * Day.seconds)
        }
        collect(invoice, at: now)
    }

    // MARK: Money

    /// One attempt to collect an invoice that is open.
    mutating func collect(_ invoice: Int, at now: Int) {
        guard books.invoices[invoice].status == .open, let index = books.invoices[invoice].subscription else { return }
        let subscription = books.subscriptions[index]
        if subscription.hasEnded || subscription.pause != nil { return }
        if books.invoices[invoice].isMailed {
            if chance(character.solvency) { return pay(invoice, at: now) }
            // Overdue: Stripe marks the subscription past due, or what the settings say, and the customer may still pay.
            return become(.pastDue, index, at: now)
        }
        if let intent = books.invoices[invoice].intent, books.intents[intent].status == "processing" { return }
        if character.method == .sepa {
            let intent = ask(for: invoice, status: "processing", at: now)
            books.invoices[invoice].attempts += 1
            books.invoices[invoice].nextAttempt = nil
            say("payment_intent.processing", json(intent: intent), at: now)
            // A debit is confirmed or returned after days ("SEPA Direct Debit payments").
            let days = Int.random(in: 2...8, using: &random)
            return plan(.settle(intent, succeeds: chance(character.solvency)), at: now + days * Day.seconds)
        }
        if chance(character.solvency) {
            books.invoices[invoice].attempts += 1
            return pay(invoice, at: now)
        }
        fail(invoice, isTriedAgain: character.method != .cashapp && !chance(character.hardness), at: now)
    }

    private mutating func settle(_ intent: Int, succeeds: Bool, at now: Int) {
        guard books.intents[intent].status == "processing" else { return }
        let invoice = books.intents[intent].invoice
        if succeeds {
            books.intents[intent].status = "succeeded"
            if let charge = books.intents[intent].charge {
                books.charges[charge].status = "succeeded"
                books.charges[charge].paidAt = now
            }
            return pay(invoice, by: intent, at: now)
        }
        books.intents[intent].status = "requires_payment_method"
        if let charge = books.intents[intent].charge { books.charges[charge].status = "failed" }
        guard books.invoices[invoice].status == .open else {
            return say("payment_intent.payment_failed", json(intent: intent), at: now)
        }
        books.invoices[invoice].attempts -= 1
        fail(invoice, isTriedAgain: chance(0.5), at: now)
    }

    /// An intent with a charge, as an attempt leaves it.
    private mutating func ask(for invoice: Int, status: String, at now: Int) -> Int {
        let bill = books.invoices[invoice]
        if bill.intent == nil {
            books.intents.append(
                Books.Intent(
                    id: "pi_\(number)_\(books.intents.count + 1)", customer: bill.customer, invoice: invoice, status: status, created: now,
                    amount: bill.amount, method: character.method == .mailed ? "card" : character.method.rawValue))
            books.invoices[invoice].intent = books.intents.count - 1
        }
        let intent = books.invoices[invoice].intent!
        books.charges.append(
            Books.Charge(
                id: "ch_\(number)_\(books.charges.count + 1)", intent: intent,
                status: status == "succeeded" ? "succeeded" : status == "processing" ? "pending" : "failed", created: now,
                amount: bill.amount, paidAt: status == "succeeded" ? now : nil))
        books.intents[intent].status = status
        books.intents[intent].charge = books.charges.count - 1
        return intent
    }

    /// The invoice is paid: by an intent that has just succeeded, or a new one.
    mutating func pay(_ invoice: Int, by settled: Int? = nil, at now: Int) {
        let intent = settled ?? ask(for: invoice, status: "succeeded", at: now)
        // Money that was on its way arrives, whatever has become of its invoice: one that is void stays void.
        let isBilled = books.invoices[invoice].status != .void
        if isBilled {
            books.invoices[invoice].status = .paid
            books.invoices[invoice].paidAt = now
        }
        books.invoices[invoice].nextAttempt = nil
        say("payment_intent.succeeded", json(intent: intent), at: now)
        if let charge = books.intents[intent].charge { say("charge.succeeded", json(charge: charge), at: now) }
        guard isBilled else { return }
        say("invoice.paid", json(invoice: invoice), at: now)
        if let index = books.invoices[invoice].subscription { recover(index, by: invoice, at: now) }
    }

    /// The state of a subscription follows the latest invoice that is final (Stripe's documentation, "How subscriptions work").
    private mutating func recover(_ index: Int, by invoice: Int, at now: Int) {
        let subscription = books.subscriptions[index]
        guard [.incomplete, .pastDue, .unpaid, .paused].contains(subscription.status) else { return }
        let final = books.invoices.indices.filter { books.invoices[$0].subscription == index && books.invoices[$0].status != .draft }
        // Another that is still owed keeps it as it is, and so does a later draft an unpaid one.
        if final.contains(where: { books.invoices[$0].status == .open && books.invoices[$0].reason != "manual" }) { return }
        if subscription.status == .unpaid, final.last != subscription.latestInvoice, chance(0.5) { return }
        become(.active, index, at: now)
        if subscription.status == .paused || subscription.periodEnd <= now {
            books.subscriptions[index].periodEnd = now + subscription.interval
            plan(.endPeriod(now + subscription.interval, of: index), at: now + subscription.interval)
        }
    }

    /// An attempt has failed; it is tried again, or what comes last has come.
    mutating func fail(_ invoice: Int, isTriedAgain: Bool, byHand: Bool = false, at now: Int) {
        let intent = ask(for: invoice, status: "requires_payment_method", at: now)
        books.invoices[invoice].attempts += 1
        books.invoices[invoice].firstFailed = books.invoices[invoice].firstFailed ?? now
        let tried = books.invoices[invoice].attempts
        let wasPlanned = books.invoices[invoice].nextAttempt != nil
        if !byHand {
            let pause = isTriedAgain && tried <= character.schedule.count ? character.schedule[tried - 1] : nil
            books.invoices[invoice].nextAttempt = pause.map { now + $0 * Day.seconds }
            if let pause { plan(.collect(invoice), at: now + pause * Day.seconds) }
        }
        // Whose bank said no for good often tries once more two days later.
        if !isTriedAgain, !byHand, chance(0.3) { plan(.act(.failByHand), at: now + 44 * Day.hour) }
        say("payment_intent.payment_failed", json(intent: intent), at: now)
        if chance(0.2), !isTriedAgain { say("invoice.payment_action_required", json(invoice: invoice), at: now) }
        say("invoice.payment_failed", json(invoice: invoice), at: now)
        guard let index = books.invoices[invoice].subscription else { return }
        if books.subscriptions[index].status == .active { become(.pastDue, index, at: now) }
        let isOver = !byHand && books.invoices[invoice].nextAttempt == nil && (tried > 1 || wasPlanned)
        if isOver, books.subscriptions[index].status == .pastDue { giveUp(index, at: now) }
    }

    private mutating func giveUp(_ index: Int, at now: Int) {
        switch character.lastResort {
        case .cancel: cancel(index, because: "payment_failed", at: now)
        case .markUnpaid: become(.unpaid, index, at: now)
        case .leave: break
        case .pause:
            books.subscriptions[index].status = .paused
            tell("paused", index, at: now)
        }
    }

    // MARK: Subscriptions

    mutating func become(_ status: Books.Status, _ index: Int, at now: Int) {
        guard books.subscriptions[index].status != status else { return }
        books.subscriptions[index].status = status
        tell("updated", index, at: now)
    }

    mutating func cancel(_ index: Int, because reason: String, at now: Int) {
        books.subscriptions[index].status = .canceled
        books.subscriptions[index].canceledAt = books.subscriptions[index].canceledAt ?? now
        books.subscriptions[index].endedAt = now
        books.subscriptions[index].reason = reason
        // What is open is not collected any more; it stays open.
        for invoice in books.invoices.indices where books.invoices[invoice].subscription == index {
            books.invoices[invoice].nextAttempt = nil
        }
        tell("deleted", index, at: now)
    }

    /// A first payment that was not made within 23 hours.
    private mutating func expire(_ index: Int, at now: Int) {
        guard books.subscriptions[index].status == .incomplete else { return }
        books.subscriptions[index].status = .incompleteExpired
        books.subscriptions[index].endedAt = now
        if let invoice = books.subscriptions[index].latestInvoice { close(invoice, as: .void, at: now) }
        tell("updated", index, at: now)
    }

    mutating func close(_ invoice: Int, as status: Books.InvoiceStatus, at now: Int) {
        guard books.invoices[invoice].status == .open else { return }
        books.invoices[invoice].status = status
        books.invoices[invoice].nextAttempt = nil
        say(status == .void ? "invoice.voided" : "invoice.marked_uncollectible", json(invoice: invoice), at: now)
        guard let index = books.invoices[invoice].subscription, !books.subscriptions[index].hasEnded else { return }
        // Nothing that is final is open any more: Stripe calls it active again.
        let isOwed = books.invoices.contains { $0.subscription == index && $0.status == .open && $0.reason != "manual" }
        if !isOwed, books.subscriptions[index].status == .pastDue { become(.active, index, at: now) }
    }

    mutating func endPause(of index: Int, at now: Int) {
        guard books.subscriptions[index].pause != nil, !books.subscriptions[index].hasEnded else { return }
        books.subscriptions[index].pause = nil
        tell("updated", index, at: now)
        for invoice in books.invoices.indices
        where books.invoices[invoice].subscription == index && books.invoices[invoice].status == .draft {
            plan(.finalize(invoice), at: now + Day.hour)
        }
    }

    mutating func tell(_ what: String, _ index: Int, at now: Int) {
        say("customer.subscription.\(what)", json(subscription: index), at: now)
    }
}
