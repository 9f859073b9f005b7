/// The lists of the whole account, newest first, page by page.
struct AccountList {
    private let rows: [Row]
    private let limit: Int

    private struct Row {
        var created: Int
        var life: Life
        var books: Books
        var index: Int
        var id: String
    }

    /// What `path` lists of all lives, as it was at a time in microseconds; nil for what is no list.
    init?(_ path: [String], _ query: [String: String], of lives: [Life], at time: Int64) {
        guard path.count == 1, ["subscriptions", "invoices", "refunds", "disputes"].contains(path[0]) else { return nil }
        var rows: [Row] = []
        for life in lives {
            let books = life.books(at: time)
            let listed: [(id: String, created: Int)] =
                switch path[0] {
                case "subscriptions": books.subscriptions.map { ($0.id, $0.created) }
                case "invoices": books.invoices.map { ($0.id, $0.created) }
                case "refunds": books.refunds.map { ($0.id, $0.created) }
                default: books.disputes.map { ($0.id, $0.created) }
                }
            rows += listed.enumerated().map { Row(created: $1.created, life: life, books: books, index: $0, id: $1.id) }
        }
        rows.sort { ($0.created, $0.id) > ($1.created, $1.id) }
        if let last = query["starting_after"], let place = rows.firstIndex(where: { $0.id == last }) { rows.removeFirst(place + 1) }
        self.rows = rows
        limit = query["limit"].flatMap { Int($0) } ?? 10
    }

    func answer(_ list: String) -> Answer {
        let page = rows.prefix(limit).map { row in
            switch list {
            case "subscriptions": row.life.json(subscription: row.index, in: row.books)
            case "invoices": row.life.json(invoice: row.index, in: row.books, expanding: true)
            case "refunds": row.life.json(refund: row.index, in: row.books)
            default: row.life.json(dispute: row.index, in: row.books)
            }
        }
        return Answer(
            body: #"{"object":"list","has_more":\#(rows.count > limit),"url":"/v1/\#(list)","data":[\#(page.joined(separator: ","))]}"#)
    }
}
