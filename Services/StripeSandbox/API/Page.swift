/// One page of a list: newest first, `limit` objects, before or after a cursor.
struct Page {
    private let limit: Int
    private let startingAfter: String?
    private let endingBefore: String?
    private let created: TimeRange

    /// Reads Stripe's paging parameters, and `created`.
    init(_ parameters: inout Parameters) throws(APIError) {
        limit = try parameters.integer("limit", in: 1...100) ?? 10
        startingAfter = try parameters.text("starting_after")
        endingBefore = try parameters.text("ending_before")
        created = try TimeRange("created", &parameters)
        if startingAfter != nil && endingBefore != nil {
            throw parameters.invalid("ending_before", "You cannot use both `starting_after` and `ending_before`.")
        }
    }

    /// The page of those objects that are wanted, as a `list` object.
    ///
    /// - Throws: `APIError` 400 when the cursor names no object of this kind.
    func list<Row: Resource>(
        _ table: Table<Row>, of account: Account, _ version: APIVersion, url: String, where wanted: (Row) -> Bool = { _ in true }
    ) throws(APIError) -> JSON {
        try checkCursor(startingAfter, "starting_after", in: table)
        try checkCursor(endingBefore, "ending_before", in: table)
        // A cursor may have ceased to match the filter (an invoice paid meanwhile): it still marks its place.
        var rows = table.newestFirst
        if let cursor = startingAfter, let index = rows.firstIndex(where: { $0.id == cursor }) { rows.removeFirst(index + 1) }
        if let cursor = endingBefore, let index = rows.firstIndex(where: { $0.id == cursor }) { rows.removeSubrange(index...) }
        rows = rows.filter { created.contains($0.created) && wanted($0) }
        let page = endingBefore == nil ? rows.prefix(limit) : rows.suffix(limit)
        return [
            "object": "list", "data": .list(page.map { $0.rendered(version, in: account) }), "has_more": .flag(rows.count > limit),
            "url": .text(url),
        ]
    }

    private func checkCursor<Row: Resource>(_ cursor: String?, _ param: String, in table: Table<Row>) throws(APIError) {
        guard let cursor, table[cursor] == nil else { return }
        throw .invalidRequest("No such \(Row.noun): '\(cursor)'", code: "resource_missing", param: param)
    }
}
