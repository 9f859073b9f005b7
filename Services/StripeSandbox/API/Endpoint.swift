/// One method and path of the API, and what it does to the account.
struct Endpoint: Sendable {
    typealias Handler = @Sendable (inout Account, inout Call) throws(APIError) -> JSON

    let method: String
    /// Path segments; one that starts with a colon stands for an id.
    let segments: [String]
    let handle: Handler

    init(_ method: String, _ path: String, _ handle: @escaping Handler) {
        self.method = method
        self.segments = path.split(separator: "/").map(String.init)
        self.handle = handle
    }

    /// The ids in a path of this endpoint; nil for any other path.
    func match(_ method: String, _ path: [Substring]) -> [String]? {
        guard method == self.method, path.count == segments.count else { return nil }
        var ids: [String] = []
        for (segment, part) in zip(segments, path) {
            if segment.hasPrefix(":") { ids.append(String(part)) } else if segment != part { return nil }
        }
        return ids
    }

    /// Answers one object by its id.
    static func retrieve<Row: Resource>(
        _ path: String, _ table: any KeyPath<Account, Table<Row>> & Sendable, param: String = "id"
    ) -> Endpoint {
        Endpoint("GET", path) { account, call throws(APIError) in
            try call.parameters.finish()
            return try account[keyPath: table].find(call.id, param: param).rendered(call.version, in: account)
        }
    }

    /// Every endpoint there is.
    static let all: [Endpoint] = [
        customers, catalog, sessions, subscriptions, invoices, payments, refunds, disputes, discounts, paymentMethods, events, portal,
        ofWire,
    ].flatMap { $0 }

    /// Those about the account itself rather than its money.
    private static let ofWire: [Endpoint] = catalogCreation + testClocks + webhookEndpoints
}
