import Models

/// One page of a list, newest first.
package struct ListPage<Item: Sendable>: Sendable {
    /// The rows that can be read.
    package var items: [Item] = []
    /// The others, by what they call themselves where they do. They keep no other back.
    package var oddRows: [String] = []
    /// The last row that says what it is called: where the next page begins.
    package var lastID: String?
    /// Whether older ones follow.
    package var hasMore: Bool

    /// A page without rows.
    package init(hasMore: Bool = false) {
        self.hasMore = hasMore
    }
}

extension StripeClient {
    /// One page of `/v1/<list>`, of those that `filter` asks for. Throws only when the page itself cannot be read.
    func page<Resource: StripeResource>(
        of list: String, startingAfter last: String?, limit: Int, where filter: Form = Form()
    ) async throws -> StripeRead<ListPage<Resource>> {
        var form = filter
        form.set(last, at: "starting_after")
        form.set(limit, at: "limit")
        return try await send(.get(list, form: form)) { body throws(StripeError) in
            let rows = try ListRows(body)
            var page = ListPage<Resource>(hasMore: rows.hasMore)
            for json in rows.all {
                let id = ListRows.id(of: json)
                if let item = try? StripeJSON.decode(Wire<Resource>.self, from: json).value(livemode: livemode) {
                    page.items.append(item)
                } else {
                    page.oddRows.append(id ?? "without id")
                }
                page.lastID = id ?? page.lastID
            }
            guard !page.hasMore || (page.lastID != nil && page.lastID != last) else { throw ListRows.stuck }
            return page
        }
    }
}

/// The rows of one page of a list, each as Stripe wrote it, so that one that cannot be read keeps no other back.
struct ListRows {
    let all: [[UInt8]]
    let hasMore: Bool

    private struct Frame: Decodable {
        let object: String
        let hasMore: Bool

        private enum CodingKeys: String, CodingKey {
            case object
            case hasMore = "has_more"
        }
    }

    private struct Name: Decodable {
        let id: String
    }

    /// Throws `badResponse` for what is no list.
    init(_ body: [UInt8]) throws(StripeError) {
        let frame = try StripeJSON.decode(Frame.self, from: body)
        guard frame.object == "list", let rows = JSONRows.rows(of: "data", in: body) else {
            throw StripeError(.badResponse, message: "not a list")
        }
        (all, hasMore) = (rows.map(Array.init), frame.hasMore)
    }

    /// What a row calls itself, where it does.
    static func id(of row: [UInt8]) -> String? { try? StripeJSON.decode(Name.self, from: row).id }

    /// More is promised, and there is no way to it.
    static let stuck = StripeError(.badResponse, message: "a list that does not advance")
}
