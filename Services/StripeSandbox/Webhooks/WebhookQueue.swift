/// The events that one endpoint has not yet answered with 2xx. Times are seconds of the wall clock.
///
/// New events start in the order they were made, at most 16 at a time. A refused event (an answer that is not 2xx) waits by
/// itself. While the endpoint cannot be reached at all, everything waits and one event at a time finds out whether it is back.
struct WebhookQueue: Sendable {
    /// One event on its way.
    struct Delivery: Sendable, Codable {
        let eventID: String
        /// 1, and more for those that repeat it.
        var copy = 1
        var tries = 0
        var dueAt = 0.0
        var lastError: String?

        /// Tells the copies of one event apart.
        var key: String { copy == 1 ? eventID : "\(eventID)#\(copy)" }
    }

    /// One that lets later events go first.
    private struct Held: Sendable {
        let delivery: Delivery
        var behind: Int
        let until: Double

        var pending: PendingDelivery { PendingDelivery(delivery: delivery, behind: behind, until: until) }
    }

    private static let maximumInFlight = 16
    private var fresh: [Delivery] = []
    /// How many of `fresh` have been started.
    private var started = 0
    /// Soonest first.
    private var waiting: [Delivery] = []
    private var held: [Held] = []
    private(set) var inFlight: [String: Delivery] = [:]
    private var unreachableTries = 0
    private var silentUntil = 0.0
    /// How many times something was put in line.
    private var entered = 0
    var changes: ChangeLog<PendingDelivery>?

    /// Deliveries without a 2xx.
    var undelivered: Int { fresh.count - started + waiting.count + held.count + inFlight.count }

    /// The tried and undelivered, soonest first.
    var failing: [Delivery] { (waiting + inFlight.values).filter { $0.lastError != nil } }

    /// Adds an event, which then goes out as its fate is.
    mutating func add(_ eventID: String, _ fate: EventFate = EventFate(), at now: Double = 0) {
        let earlier = held.indices
        for copy in 1...max(1, fate.copies) {
            let delivery = Delivery(eventID: eventID, copy: copy, dueAt: now + fate.delay)
            if fate.behind > 0 {
                hold(Held(delivery: delivery, behind: fate.behind, until: now + fate.heldSeconds))
            } else {
                start(delivery, isDelayed: fate.delay > 0)
            }
        }
        for index in earlier {
            held[index].behind -= 1
            changes?.note(held[index].delivery.key, held[index].pending)
        }
        release { $0.behind <= 0 }
    }

    private mutating func hold(_ entry: Held) {
        held.append(entry)
        enter(entry.pending)
    }

    private mutating func start(_ delivery: Delivery, isDelayed: Bool) {
        if isDelayed { return wait(delivery) }
        fresh.append(delivery)
        enter(PendingDelivery(delivery: delivery))
    }

    private mutating func wait(_ delivery: Delivery) {
        let index = waiting.firstIndex { $0.dueAt > delivery.dueAt } ?? waiting.endIndex
        waiting.insert(delivery, at: index)
        enter(PendingDelivery(delivery: delivery, waits: true))
    }

    /// Has a delivery stored behind all others.
    private mutating func enter(_ pending: PendingDelivery) {
        entered += 1
        changes?.note(pending.delivery.key, pending, place: entered)
    }

    /// Lets those go that have been held long enough.
    private mutating func release(where isOver: (Held) -> Bool) {
        let free = held.filter(isOver)
        guard !free.isEmpty else { return }
        held.removeAll(where: isOver)
        for entry in free { start(entry.delivery, isDelayed: false) }
    }

    /// The next delivery to start now.
    mutating func take(at now: Double) -> Delivery? {
        release { $0.until <= now }
        guard now >= silentUntil, inFlight.count < (unreachableTries > 0 ? 1 : Self.maximumInFlight) else { return nil }
        let delivery: Delivery
        if let first = waiting.first, first.dueAt <= now {
            delivery = waiting.removeFirst()
        } else if started < fresh.count {
            delivery = fresh[started]
            started += 1
            // Started entries are dropped in bulk, so that a long queue is not moved once per event.
            if started == 1024 {
                fresh.removeFirst(started)
                started = 0
            }
        } else {
            return nil
        }
        inFlight[delivery.key] = delivery
        return delivery
    }

    /// When something that cannot start now could; nil when only a new event or an answer changes anything.
    func wake(at now: Double) -> Double? {
        var times = held.map(\.until)
        if started < fresh.count { times.append(now) }
        if let first = waiting.first { times.append(first.dueAt) }
        guard let due = times.min() else { return nil }
        let soonest = max(due, silentUntil)
        return soonest > now ? soonest : nil
    }

    /// Records how a try ended.
    mutating func finish(_ key: String, _ outcome: WebhookOutcome, at now: Double) {
        guard var delivery = inFlight.removeValue(forKey: key) else { return }
        switch outcome {
        case .delivered:
            unreachableTries = 0
            changes?.note(key, nil)
            return
        case .refused(let reason):
            unreachableTries = 0
            delivery.lastError = reason
        case .unreachable(let reason):
            unreachableTries += 1
            silentUntil = now + Self.backoff(unreachableTries)
            delivery.lastError = reason
        }
        delivery.tries += 1
        delivery.dueAt = if case .unreachable = outcome { silentUntil } else { now + Self.backoff(delivery.tries) }
        wait(delivery)
    }

    /// Puts everything due at once, for a receiver that is known to be back.
    mutating func hurry() {
        silentUntil = 0
        for index in waiting.indices {
            waiting[index].dueAt = 0
            changes?.note(waiting[index].key, PendingDelivery(delivery: waiting[index], waits: true))
        }
    }

    /// Seconds before the next try: 0.1, doubling to 5.
    static func backoff(_ tries: Int) -> Double { min(5, 0.1 * Double(1 << min(tries - 1, 6))) }
}

extension WebhookQueue: Persistent {
    init(stored values: [Stored<PendingDelivery>]) {
        self.init()
        for pending in values.map(\.value) {
            if let behind = pending.behind {
                held.append(Held(delivery: pending.delivery, behind: behind, until: pending.until ?? 0))
            } else {
                start(pending.delivery, isDelayed: pending.waits)
            }
        }
        entered = values.last?.place ?? 0
    }
}

/// How one try to deliver ended.
enum WebhookOutcome: Sendable {
    case delivered
    /// An answer other than 2xx.
    case refused(String)
    /// No answer.
    case unreachable(String)
}
