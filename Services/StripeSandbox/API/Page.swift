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
        var rows: [Row] = []
        for row in table.newest(after: startingAfter) {
            if let endingBefore, row.id == endingBefore { break }
            if created.contains(row.created) && wanted(row) { rows.append(row) }
            // One more than the page tells that there is more. Backwards the page is the last of all that come before the cursor.
            if endingBefore == nil && rows.count > limit { break }
        }
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
