/// One page of a list answer.
private struct Page<Resource: StripeResource>: Decodable, Sendable {
    let data: [Wire<Resource>]
    let hasMore: Bool

    private enum CodingKeys: String, CodingKey {
        case data
        case hasMore = "has_more"
    }

    /// Throws `badResponse` for a row that was not asked for, and for a page that promises more and leads nowhere new.
    func check(livemode: Bool, after cursors: Set<String>, where isExpected: (Resource) -> Bool) throws(StripeError) {
        for row in data where !isExpected(try row.value(livemode: livemode)) {
            throw StripeError(.badResponse, message: "a row that was not asked for")
        }
        guard hasMore else { return }
        guard let last = data.last, !cursors.contains(last.id) else {
            throw ListRows.stuck
        }
    }
}

extension StripeClient {
    /// 100 rows a page, Stripe's most.
    static let rowsPerPage = 100
    /// 10 000 rows: far beyond what one customer has, and an end for a server that always has more.
    static let mostPages = 100

    /// Every row of a list, read page by page, newest first as Stripe sorts. Any page that fails fails the whole: a part of a list
    /// looks like a list. Stamped with the first page's date, the oldest.
    func all<Resource: StripeResource>(
        _ request: StripeRequest, where isExpected: (Resource) -> Bool = { _ in true }
    ) async throws -> StripeRead<[Resource]> {
        var request = request
        request.form.set(Self.rowsPerPage, at: "limit")
        let first = request
        var rows: [Resource] = []
        var cursors: Set<String> = []
        var oldest: StripeRead<Page<Resource>>?
        for _ in 0..<Self.mostPages {
            let read = try await send(request) { body throws(StripeError) in
                let page = try StripeJSON.decode(Page<Resource>.self, from: body)
                try page.check(livemode: livemode, after: cursors, where: isExpected)
                return page
            }
            let page = read.value
            rows += page.data.map(\.value)
            let stamp = oldest ?? read
            guard page.hasMore, let cursor = page.data.last?.id else { return stamp.map { _ in rows } }
            oldest = stamp
            cursors.insert(cursor)
            request = first
            request.form.set(cursor, at: "starting_after")
        }
        throw StripeError(.badResponse, message: "a list of more than \(Self.mostPages) pages")
    }
}
