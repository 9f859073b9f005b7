/// What others tell the publisher's thread.
enum PublisherMessage: Sendable {
    /// A batch to be sent.
    case publish(Submission)
    /// Nobody waits for this batch any more.
    case cancelled(Submission)
    /// This batch was not confirmed by its deadline.
    case expired(Submission)
    /// Send and confirm what is there, then end.
    case finish
    /// End now.
    case stop
}

/// The publisher's side of the thread: sends batches in order, a window of messages at a time, and settles them by the confirms.
final class PublisherLoop: ConnectionLoopWork {
    private struct Unsent {
        var submission: Submission
        var next = 0
    }

    private let mailbox: Mailbox<PublisherMessage>
    private let status: ConnectionStatus
    private var unsent: [Unsent] = []
    private var window: ConfirmWindow
    /// A batch past its deadline with messages in the window.
    private var overdue: Submission?
    private var isBlocked = false
    private var isFinishing = false
    private var isStopped = false
    private var hasConfirmed = false

    init(mailbox: Mailbox<PublisherMessage>, status: ConnectionStatus, window: Int) {
        self.mailbox = mailbox
        self.status = status
        self.window = ConfirmWindow(size: window)
    }

    var isFinished: Bool { isStopped || (isFinishing && unsent.isEmpty && !window.isAwaited) }

    func prepare(_ connection: BrokerConnection) throws(RabbitError) {
        try connection.selectConfirms()
    }

    func turn(_ connection: BrokerConnection) throws(RabbitError) {
        try drain(connection)
        readMail()
        // A blocked broker is alive: to reconnect would only send it the same messages again, to be read once the alarm is over.
        if let overdue, !isBlocked {
            self.overdue = nil
            if window.contains(overdue) {
                throw RabbitError(.connectionLost, "dropped: the broker left a batch unconfirmed beyond its deadline")
            }
        }
        guard !isStopped else { return }
        try send(connection)
    }

    func readMail() {
        for message in mailbox.take() {
            switch message {
            case .publish(let submission): if !submission.isSettled { unsent.append(Unsent(submission: submission)) }
            case .cancelled(let submission): forget(submission)
            case .expired(let submission):
                forget(submission)
                if overdue == nil, window.contains(submission) { overdue = submission }
            case .finish: isFinishing = true
            case .stop: isStopped = true
            }
        }
    }

    func connectionLost(_ error: RabbitError) -> Bool {
        // Whether what was sent has arrived is unknown; the rest of such a batch is not sent either.
        window.fail(error.isObjection ? error : RabbitError(.connectionLost, error.detail))
        unsent.removeAll { $0.submission.isSettled }
        overdue = nil
        isBlocked = false
        defer { hasConfirmed = false }
        return hasConfirmed
    }

    /// Ends every batch that is still here, and the mailbox.
    func close() {
        let error = RabbitError(.closed, "the publisher was stopped")
        window.fail(error)
        for entry in unsent { entry.submission.fail(error) }
        for case .publish(let submission) in mailbox.close() { submission.fail(error) }
    }

    private func forget(_ submission: Submission) {
        unsent.removeAll { $0.submission === submission }
    }

    private func drain(_ connection: BrokerConnection) throws(RabbitError) {
        while let event = try connection.nextEvent() {
            switch event {
            case .confirmed(let tag, let multiple): try settle(tag, multiple, as: .confirmed)
            case .refused(let tag, let multiple): try settle(tag, multiple, as: .refused)
            case .returned(let message, let reason): window.markReturned(message, because: reason)
            case .blocked: setBlocked(true)
            case .unblocked: setBlocked(false)
            case .delivered: throw RabbitError(.protocolViolation, "a delivery without a consumer")
            }
        }
    }

    private func settle(_ tag: UInt64, _ multiple: Bool, as result: PublishResult) throws(RabbitError) {
        guard window.settle(upTo: tag, multiple: multiple, as: result) > 0 else {
            throw RabbitError(.protocolViolation, "a confirm for message \(tag), which was not waiting for one")
        }
        hasConfirmed = true
    }

    private func setBlocked(_ isBlocked: Bool) {
        self.isBlocked = isBlocked
        status.setBlocked(isBlocked)
    }

    private func send(_ connection: BrokerConnection) throws(RabbitError) {
        var done = 0
        defer { unsent.removeFirst(done) }
        while done < unsent.count, window.hasRoom {
            // Never publish on an undrained connection: the library then waits without limit for a broker that is gone.
            try drain(connection)
            guard !isBlocked else { return }
            let (submission, index) = (unsent[done].submission, unsent[done].next)
            if submission.isSettled {
                done += 1
                continue
            }
            if let objection = submission.batch[index].objection(frameMax: connection.frameMax) {
                submission.resolve(index, .returned(reason: objection))
            } else {
                submission.begin()
                window.add(submission, index: index)
                try connection.publish(submission.batch[index])
            }
            unsent[done].next += 1
            if unsent[done].next == submission.batch.count { done += 1 }
        }
    }
}
