extension TestClock: Resource {
    static let noun = "test_clock"

    func rendered(_ version: APIVersion, in account: Account) -> JSON {
        if deleted { return ["id": .text(id), "object": "test_helpers.test_clock", "deleted": true] }
        let details: JSON = target.map { time -> JSON in ["advancing": ["target_frozen_time": .number(time)]] } ?? [:]
        return .resource(
            id: id, object: "test_helpers.test_clock",
            [
                // Stripe deletes a clock 30 days after it was made; the sandbox never does.
                "created": .number(created), "deletes_after": .number(created + 30 * 86_400), "frozen_time": .number(frozenTime),
                "livemode": false, "name": .optional(name), "status": target == nil ? "ready" : "advancing", "status_details": details,
            ])
    }
}
