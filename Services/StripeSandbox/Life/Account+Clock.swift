extension Account {
    /// Does everything that falls due up to `time`, each at its own time, and ends at that time. Time never goes back.
    mutating func advance(to time: Int) {
        while let due = agenda.next, due <= time { runNext() }
        now = max(now, time)
    }

    /// Does the next thing that falls due and makes a difference, at its time. False when nothing is left.
    mutating func advanceToNext() -> Bool {
        let before = events.count
        while agenda.next != nil {
            runNext()
            if events.count > before { return true }
        }
        return false
    }

    private mutating func runNext() {
        guard let (at, work) = agenda.pop() else { return }
        now = max(now, at)
        perform(work)
        settleCharges()
    }

    private mutating func perform(_ work: Agenda.Work) {
        switch work {
        case .expireSession(let id): expire(session: id)
        case .expireIncomplete(let id): expire(incomplete: id)
        case .announceTrialEnd(let id):
            if let subscription = subscriptions[id], subscription.status == .trialing {
                emit("customer.subscription.trial_will_end", subscription)
            }
        case .announceRenewal(let id, let periodEnd): announceRenewal(of: id, periodEnd: periodEnd)
        case .endPeriod(let id, let periodEnd): endPeriod(of: id, periodEnd: periodEnd)
        case .cancel(let id, let at):
            if let subscription = subscriptions[id], subscription.cancelAt == at { end(subscription: id) }
        case .finalize(let id): finalize(invoice: id)
        case .retry(let id, let at):
            if let invoice = invoices[id], invoice.status == .open, invoice.nextPaymentAttempt == at {
                collect(invoice: id, automatic: true)
            }
        case .referToRefund(let id): refer(toRefund: id)
        case .resumeCollection(let id, let at): resumeCollection(of: id, at: at)
        case .voidResumption(let id): expire(resumption: id)
        case .settleDebit(let id): settle(debit: id)
        case .overdue(let id): overdue(invoice: id)
        case .expireUpdate(let id, let at): expireUpdate(of: id, at: at)
        case .disputeCharge(let id, let complaint): dispute(charge: id, complaint)
        case .decideDispute(let id, let verdict): decide(dispute: id, verdict)
        case .endDispute(let id): end(dispute: id)
        case .moveRefund(let id, let status, let reason): move(refund: id, to: status, because: reason)
        }
    }
}
