/// The lists of the whole account, newest first, page by page.
extension Answer {
    /// What `path` lists of all lives, as it was at a time in microseconds; nil for what is no list.
    static func account(_ path: [String], _ query: [String: String], of lives: [Life], at time: Int64) -> Answer? {
        guard let list = path.first, path.count == 1 else { return nil }
        var rows: [Row] = []
        for life in lives {
            guard let more = life.rows(of: list, in: life.books(at: time)) else { return nil }
            rows += more
        }
        rows.sort { ($0.created, $0.id) > ($1.created, $1.id) }
        if let last = query["starting_after"], let place = rows.firstIndex(where: { $0.id == last }) { rows.removeFirst(place + 1) }
        let limit = query["limit"].flatMap { Int($0) } ?? 10
        return .list(rows.prefix(limit).map { $0.json() }, hasMore: rows.count > limit)
    }

    fileprivate struct Row {
        var id: String
        var created: Int
        /// Written only for the rows of the page that is asked for.
        var json: () -> String
    }
}

extension Life {
    /// This life's rows of one of the account's lists; nil for what is no list.
    fileprivate func rows(of list: String, in books: Books) -> [Answer.Row]? {
        switch list {
        case "subscriptions":
            rows(books.subscriptions, \.id, \.created) { json(subscription: $0, in: books) }
        case "invoices":
            rows(books.invoices, \.id, \.created) { json(invoice: $0, in: books, expanding: true) }
        case "refunds":
            rows(books.refunds, \.id, \.created) { json(refund: $0, in: books) }
        case "disputes":
            rows(books.disputes, \.id, \.created) { json(dispute: $0, in: books) }
        default: nil
        }
    }

    private func rows<Object>(
        _ objects: [Object], _ id: KeyPath<Object, String>, _ created: KeyPath<Object, Int>, _ json: @escaping (Int) -> String
    ) -> [Answer.Row] {
        objects.enumerated().map { index, object in
            Answer.Row(id: object[keyPath: id], created: object[keyPath: created]) { json(index) }
        }
    }
}
