import Hummingbird

/// One page of a list as it is answered: `{"data": […], "next_cursor": null | "…"}`.
package struct Page<Item: Encodable & Sendable>: ResponseEncodable, Sendable {
    private enum CodingKeys: CodingKey {
        case data, nextCursor
    }

    private let data: [Item]
    private let nextCursor: String?

    /// A page made of `rows`, which were read with one more than `limit`: the further one is left out and makes a next page known.
    package init<Row>(_ rows: [Row], limit: Int, cursor: (Row) throws -> PageCursor, item: (Row) throws -> Item) rethrows {
        let shown = rows.prefix(limit)
        data = try shown.map(item)
        nextCursor = try rows.count > limit ? shown.last.map { try cursor($0).encoded } : nil
    }

    /// Writes `next_cursor` also when it is null.
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(data, forKey: .data)
        try container.encode(nextCursor, forKey: .nextCursor)
    }
}
