extension Account {
    /// A new test clock; where its time is ahead of the account's, the account goes there.
    mutating func makeTestClock(name: String?, at time: Int, for customer: String?) -> TestClock {
        pass(to: time)
        let clock = TestClock(id: Identifier.object("clock_"), created: now, name: name, frozenTime: time)
        testClocks.insert(clock)
        emit("test_helpers.test_clock.created", clock)
        if let customer { change(\.customers, customer, event: "customer.updated") { $0.testClock = clock.id } }
        return clock
    }

    /// Says that a clock is on its way; `finishAdvance` takes it there.
    mutating func beginAdvance(testClock id: String, to time: Int) {
        testClocks[id]?.target = time
        if let clock = testClocks[id] { emit("test_helpers.test_clock.advancing", clock) }
    }

    /// Does everything that falls due up to a clock's target.
    mutating func finishAdvance(testClock id: String) {
        guard let time = testClocks[id]?.target else { return }
        pass(to: time)
        testClocks[id]?.target = nil
        testClocks[id]?.frozenTime = time
        if let clock = testClocks[id] { emit("test_helpers.test_clock.ready", clock) }
    }

    /// Deletes a test clock and all its customers.
    mutating func delete(testClock id: String) {
        for customer in customers.all where customer.testClock == id { delete(customer: customer.id) }
        guard let clock = testClocks[id], !clock.deleted else { return }
        emit("test_helpers.test_clock.deleted", clock)
        testClocks[id]?.deleted = true
    }

    /// A test clock that has not been deleted.
    func liveTestClock(_ id: String, param: String) throws(APIError) -> TestClock {
        let clock = try testClocks.find(id, param: param)
        if clock.deleted { throw .noSuch(TestClock.noun, id, param: param) }
        return clock
    }

    /// Time passes; what falls due meanwhile was not caused by the request that let it pass.
    private mutating func pass(to time: Int) {
        let request = cause
        cause = nil
        advance(to: time)
        cause = request
    }
}
