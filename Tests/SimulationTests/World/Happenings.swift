import Foundation
import Messages
import Models

@testable import Messaging
@testable import Stripe

extension World {
    // MARK: At Stripe

    /// A life goes a step, and what Stripe says of it is on its way.
    func go(_ step: Life.Step, of number: Int) {
        tell("at Stripe, life \(number): \(step)")
        with { state in
            state.lives[number]?.go(step, at: state.now)
            state.lastStep = state.now
        }
        follow(number)
    }

    /// Somebody's order is carried out.
    func carryOut(_ question: Question, failing breakdown: Life.Breakdown? = nil) -> Answer {
        guard let number = question.life else { return .missing("id") }
        tell("at Stripe, life \(number): \(question)\(breakdown.map { ", and breaks \($0)" } ?? "")")
        let answer = with { $0.lives[number]?.carryOut(question, failing: breakdown, isKeyed: $0.sabotage != .forgetKey, at: $0.now) }
        follow(number)
        return answer ?? .missing("id")
    }

    /// What comes of a change of a life.
    private func follow(_ number: Int) {
        let (now, said) = with { state -> (Int64, [Life.Event]) in
            state.take(plansOf: number)
            defer { state.lives[number]?.said = [] }
            return (state.now, state.lives[number]?.said ?? [])
        }
        introduce(number)
        remind(of: number)
        for event in said { send(event, of: number, at: now) }
    }

    /// Checkout says whose a new customer is, once for each.
    private func introduce(_ number: Int) {
        with { state in
            guard let life = state.lives[number] else { return }
            for customer in life.books.customers.dropFirst(life.introduced) {
                guard !state.hasMoney else {
                    state.agenda.add(.link(life: number, customer: customer.id), at: state.now)
                    continue
                }
                let id = "link \(customer.id)"
                let link = CustomerLinked(userID: UserID("user_\(number)"), stripeCustomerID: CustomerID(customer.id))
                let delivery = Delivery(
                    life: number, queue: Topology.enforcementCustomers.name, body: Self.body(link, id: id, at: state.now), name: id)
                state.post(delivery, isSure: true)
            }
            state.lives[number]?.introduced = life.books.customers.count
        }
    }

    /// Where there is no checkout, somebody says what it does of a new subscription, which its pass over Stripe's lists finds within half a day.
    private func remind(of number: Int) {
        with { state in
            guard !state.hasMoney, let life = state.lives[number] else { return }
            for subscription in life.books.subscriptions.dropFirst(life.reminded) where subscription.price.isPlan {
                let (id, made) = ("checkout \(subscription.id)", Date(timeIntervalSince1970: Double(subscription.created)))
                let told = SubscriptionChanged(
                    subscriptionID: SubscriptionID(subscription.id), version: 1, userID: UserID("user_\(number)"), planID: nil,
                    status: subscription.status.rawValue, amount: nil, currency: nil, interval: nil, intervalCount: nil, quantity: nil,
                    currentPeriodStart: nil, currentPeriodEnd: nil, cancelAtPeriodEnd: false, createdAt: made, changedAt: made)
                let delivery = Delivery(
                    life: number, queue: Topology.enforcementCustomers.name, body: Self.body(told, id: id, at: state.now), name: id)
                let time = state.now + Int64(Double(43_200_000_000) * state.faults.uniform("compared \(id)"))
                state.agenda.add(.deliver(delivery), at: time)
            }
            state.lives[number]?.reminded = life.books.subscriptions.count
        }
    }

    /// What webhook makes of an event, for the queues that take its type.
    private func send(_ event: Life.Event, of number: Int, at time: Int64) {
        let hasMoney = with { $0.hasMoney }
        let all = Topology.stripeEventTypes.first { $0.type == event.type }?.queues ?? []
        let queues = hasMoney ? all : all.filter { $0.service == .enforcement }
        guard !queues.isEmpty else { return }
        let json =
            #"{"id":"\#(event.id)","object":"event","api_version":"2026-05-27.dahlia","created":\#(event.created),"livemode":false,"#
            + #""type":"\#(event.type)","data":{"object":\#(event.object)}}"#
        guard let envelope = try? StripeEventEnvelope(json: Array(json.utf8)), envelope.undecodable == nil else {
            return with { $0.records[number]?.findings.append("the event \(json) cannot be read") }
        }
        let message = StripeEventReceived(
            stripeEventID: envelope.id, eventType: envelope.type, created: envelope.created, apiVersion: envelope.apiVersion,
            objectID: envelope.objectID, object: envelope.object)
        let body = Self.body(message, id: event.id, at: time)
        for queue in queues {
            with {
                $0.post(Delivery(life: number, queue: queue.name, body: body, name: "\(event.id) \(event.type)", made: time), isSure: false)
            }
        }
    }

    private static func body(_ message: some Message, id: String, at time: Int64) -> [UInt8] {
        let event = CloudEvent(message, id: id, source: .webhook, time: Date(timeIntervalSince1970: Double(time) / 1e6), trace: nil)
        return (try? WireJSON.encode(event)) ?? []
    }

    /// A message of one service is on its way to the queues of others.
    func carry(_ body: [UInt8], _ name: String, about life: Int, to queues: [Topology.Queue]) {
        for queue in queues {
            with { $0.post(Delivery(life: life, queue: queue.name, body: body, name: name), isSure: true) }
        }
    }

    /// Checkout ends a subscription on enforcement's word, some seconds later.
    func end(_ subscription: SubscriptionID) {
        let parts = subscription.rawValue.split(separator: "_")
        guard parts.count == 3, let number = Int(parts[1]), let index = Int(parts[2]) else { return }
        tell("enforcement asks for the end of \(subscription)")
        with { $0.agenda.add(.step(life: number, .cancel(index - 1)), at: $0.now + 2_000_000) }
    }

    // MARK: At home

    /// The process that a job is of is killed, and another takes its place.
    func kill(_ job: Job) {
        tell("  replica \(job.replica) is killed at: \(job.name)")
        with { $0.processes[job.replica] += 1 }
        job.die()
    }

    /// Nothing comes of a job whose process is dead: its look was none, the broker delivers again what it had in hand, and what it had claimed is
    /// anybody's again.
    func bury(_ job: Job) {
        with { state in
            state.records[job.life]?.open.removeValue(forKey: ObjectIdentifier(job))
            state.agenda.add(.wake, at: state.now + 31_000_000)
            for delivery in job.deliveries { state.agenda.add(.deliver(delivery), at: state.now + 3_000_000) }
        }
    }

    /// Sees whether the process is killed while it is at this job, and at which of its statements.
    func foresee(_ job: Job) {
        let statements: Int? = with { state in
            state.records[job.life]?.jobs += 1
            let occasion = "life \(job.life) job \(state.records[job.life].map { Int64($0.jobs) } ?? state.now)"
            guard state.faults.strikes(.kill, occasion) else { return nil }
            return Int(state.faults.uniform("statement \(occasion)") * 20)
        }
        if let statements { job.doom(after: statements) { [weak self, unowned job] in self?.kill(job) } }
    }

    /// A look begins.
    func open(_ job: Job) {
        with { $0.records[job.life]?.open[ObjectIdentifier(job)] = Record.Look(begun: $0.now) }
    }

    /// A look is over.
    func close(_ job: Job) {
        with { state in
            guard var look = state.records[job.life]?.open.removeValue(forKey: ObjectIdentifier(job)) else { return }
            look.ended = state.now
            state.records[job.life]?.looks.append(look)
        }
    }

    /// What was delivered is in the tables, or kept there to be tried again.
    func heard(_ deliveries: [Delivery]) {
        with { state in
            for delivery in deliveries where Till.queues.contains(delivery.queue) { state.unheard[delivery.life]? -= 1 }
        }
    }

    /// An order to the VM controller was decided; it is on its way, perhaps twice, perhaps behind a later one.
    func order(_ order: VMOrder, isOn: Bool) {
        guard let life = Int(order.userID.rawValue.dropFirst(5)) else { return }
        tell("ORDER for \(order.userID): \(isOn ? "start" : "stop"), generation \(order.generation), because of \(order.reason)")
        with { state in
            state.records[life]?.orders.append(
                Record.Order(time: state.now, isOn: isOn, generation: order.generation))
            let wrongs = state.wrongs(of: life, isOn: isOn)
            state.records[life]?.findings += wrongs
            let name = "life \(life) order \(state.records[life]?.orders.count ?? 0)"
            var times = [state.now + Int64(5_000_000 * state.faults.uniform("pass \(name)"))]
            if state.faults.strikes(.reordered, name) { times[0] += Int64(3_600_000_000 * state.faults.uniform("behind \(name)")) }
            if state.faults.strikes(.duplicate, name) {
                times.append(times[0] + Int64(600_000_000 * state.faults.uniform("again \(name)")))
            }
            for time in times { state.agenda.add(.command(life: life, isOn: isOn, generation: order.generation), at: time) }
        }
    }

    /// Something is wrong with a user; it is noted once.
    func find(_ text: String, about user: String) {
        guard let life = Int(user.dropFirst(5)) else { return }
        with { state in
            if state.records[life]?.findings.contains(text) == false { state.records[life]?.findings.append(text) }
        }
    }

    /// The VM controller takes an order, unless it has seen a newer one.
    func control(_ number: Int, isOn: Bool, generation: Int64) {
        tell("the controller of user_\(number) hears: \(isOn ? "start" : "stop"), generation \(generation)")
        with { state in
            guard var record = state.records[number], generation >= record.generation else { return }
            record.generation = generation
            record.isRunning = isOn
            state.records[number] = record
        }
    }
}

extension World.State {
    /// Some customers get money back: some of them twice over, each time by somebody who clicks twice.
    mutating func planRefunds(of number: Int, from start: Int, days: Int) {
        for count in 0..<2 where faults.uniform("gives back \(number) \(count)") < 0.4 {
            let time = Int64(start) * 1_000_000 + Int64(faults.uniform("given back \(number) \(count)") * Double(days * Day.seconds) * 1e6)
            agenda.add(.giveBack(life: number, number: count), at: time)
            agenda.add(.giveBack(life: number, number: count), at: time + Int64(faults.uniform("again \(number) \(count)") * 20_000_000))
        }
    }

    /// Puts what a life plans on the agenda.
    mutating func take(plansOf number: Int) {
        for (time, step) in lives[number]?.planned ?? [] {
            agenda.add(.step(life: number, step), at: Int64(time) * 1_000_000 + Int64(number % 1000) * 1000)
        }
        lives[number]?.planned = []
    }

    /// Sends a message on its way: at once, later, behind others, more than once; and where it may be lost, when webhook's reconciliation has found
    /// it, or never.
    mutating func post(_ delivery: World.Delivery, isSure: Bool) {
        let name = "\(delivery.queue) \(delivery.name)"
        // What Stripe says at once arrives together, unless something goes wrong.
        var delay = Int64(100_000 + 4_000_000 * faults.uniform("pass \(delivery.life) \(now)"))
        if faults.strikes(.reordered, name) { delay += Int64(60_000_000 * faults.uniform("behind \(name)")) }
        if !isSure {
            if faults.strikes(.never, name) { return note(untold: delivery) }
            if faults.strikes(.lost, name) { delay += Int64((300 + 3300 * faults.uniform("found \(name)")) * 1e6) }
            if faults.strikes(.late, name) {
                delay += Int64(2 * 86_400_000_000 * faults.uniform("late \(name)"))
                note(untold: delivery)
            }
        }
        deliver(delivery, at: now + delay)
        guard faults.strikes(.duplicate, name) else { return }
        for copy in 1...3 { deliver(delivery, at: now + delay + Int64(900_000_000 * faults.uniform("copy \(copy) \(name)"))) }
    }

    private mutating func deliver(_ delivery: World.Delivery, at time: Int64) {
        if Till.queues.contains(delivery.queue) { unheard[delivery.life, default: 0] += 1 }
        agenda.add(.deliver(delivery), at: time)
    }

    /// An event that says to have been made after all that were delivered of its second about its object.
    mutating func madeNewer(_ delivery: World.Delivery) -> [UInt8] {
        guard var event = try? WireJSON.decode(CloudEvent<StripeEventReceived>.self, from: delivery.body) else { return delivery.body }
        let object = "\(delivery.queue) \(event.data.objectID ?? "")"
        let made = event.data.created
        let last = delivered[object].flatMap { $0.made == made ? $0.said : nil }
        event.data.created = last.map { $0.addingTimeInterval(1) } ?? made
        delivered[object] = (made, event.data.created)
        return (try? WireJSON.encode(event)) ?? delivery.body
    }

    private mutating func note(untold delivery: World.Delivery) {
        records[delivery.life]?.untold += 1
        keepFrom(delivery.life)
    }

    /// Something of a life was kept from checkout and refund, or shown to them as it is not.
    mutating func keepFrom(_ life: Int) { untold[life] = now }

    /// Whether what checkout and refund know of a life is what it is: nothing has happened for two minutes, everything is heard, and nothing kept
    /// from them.
    func isSettled(_ life: Life) -> Bool {
        guard let last = life.history.last?.time, last < now - 120_000_000, unheard[life.number, default: 0] == 0 else { return false }
        return untold[life.number].map { $0 < compared } ?? true
    }
}
