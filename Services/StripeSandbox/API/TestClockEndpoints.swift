extension Endpoint {
    static let testClocks: [Endpoint] = [
        Endpoint("GET", "/v1/test_helpers/test_clocks/:test_clock") { account, call throws(APIError) in
            try call.parameters.finish()
            return try account.liveTestClock(call.id, param: "test_clock").rendered(call.version, in: account)
        },
        Endpoint("GET", "/v1/test_helpers/test_clocks") { account, call throws(APIError) in
            let page = try Page(&call.parameters)
            try call.parameters.finish()
            return try page.list(account.testClocks, of: account, call.version, url: "/v1/test_helpers/test_clocks") { !$0.deleted }
        },
        Endpoint("POST", "/v1/test_helpers/test_clocks", makeTestClock),
        Endpoint("POST", "/v1/test_helpers/test_clocks/:test_clock/advance", advanceTestClock),
        Endpoint("DELETE", "/v1/test_helpers/test_clocks/:test_clock") { account, call throws(APIError) in
            try call.parameters.finish()
            _ = try account.liveTestClock(call.id, param: "test_clock")
            account.delete(testClock: call.id)
            return try account.testClocks.find(call.id).rendered(call.version, in: account)
        },
    ]

    @Sendable
    private static func makeTestClock(_ account: inout Account, _ call: inout Call) throws(APIError) -> JSON {
        let time = try frozenTime(&call.parameters)
        let name = try call.parameters.text("name")
        let customer = try call.parameters.text("customer")
        try call.parameters.finish()
        if let customer { _ = try account.liveCustomer(named: customer, param: "customer") }
        guard time >= account.now - TestClock.grace else {
            throw .invalidRequest(
                "The sandbox has one clock for all. It shows \(account.now), and a test clock cannot be behind it.", param: "frozen_time")
        }
        try checkDistance(to: time, in: account)
        return account.makeTestClock(name: name, at: time, for: customer).rendered(call.version, in: account)
    }

    /// Everything happens at once, but the answer says that it has only begun, as Stripe's does.
    @Sendable
    private static func advanceTestClock(_ account: inout Account, _ call: inout Call) throws(APIError) -> JSON {
        let time = try frozenTime(&call.parameters)
        try call.parameters.finish()
        let clock = try account.liveTestClock(call.id, param: "test_clock")
        guard time > clock.frozenTime else {
            throw .invalidRequest("The new frozen time must be after the clock's, which is \(clock.frozenTime).", param: "frozen_time")
        }
        try checkDistance(to: time, in: account)
        account.beginAdvance(testClock: call.id, to: time)
        let answer = try account.testClocks.find(call.id).rendered(call.version, in: account)
        account.finishAdvance(testClock: call.id)
        return answer
    }

    private static func frozenTime(_ parameters: inout Parameters) throws(APIError) -> Int {
        try parameters.integer("frozen_time", in: 0...Int(UInt32.max)).orMissing("frozen_time")
    }

    private static func checkDistance(to time: Int, in account: Account) throws(APIError) {
        guard time <= account.now + TestClock.longestAdvance else {
            throw .invalidRequest("The sandbox advances by a year at most, and it shows \(account.now).", param: "frozen_time")
        }
    }
}
