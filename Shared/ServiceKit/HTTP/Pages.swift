package import Foundation
package import Hummingbird
package import Messages

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

/// Which part of a list a request asks for: `?limit=` (1 to 200, 50 unless given) and `?cursor=`.
package struct PageRequest: Sendable, Equatable {
    /// The items of a page unless a request says otherwise.
    package static let usualLimit = 50

    /// How many items at most. To know whether a further page exists, read one more.
    package let limit: Int
    /// Where the page begins; nil for the newest.
    package let cursor: PageCursor?

    /// Reads the two parameters; throws a 400 that names the one that does not fit.
    package init(_ parameters: QueryParameters) throws {
        limit = try parameters.integer("limit", in: 1...200) ?? Self.usualLimit
        cursor = try parameters.text("cursor").map { text in
            guard let cursor = PageCursor(encoded: text) else {
                throw APIError.foreignCursor
            }
            return cursor
        }
    }

    /// Reads the two parameters of a request's query.
    package init(_ request: Request) throws {
        try self.init(request.query())
    }
}

extension APIError {
    /// 400: a cursor that was made elsewhere, or for another list.
    package static let foreignCursor = APIError.malformed("cursor is not one of ours.", field: "cursor", code: "invalid_parameter")
}

/// The place in a list where the next page begins: the sort key of the last item shown, opaque to callers.
///
/// Not a secret and not proof of anything: whatever it holds is used as a bound value in a query that is limited to the caller's rows.
package struct PageCursor: Sendable, Equatable {
    /// The parts of the sort key, such as a time and an id.
    package let parts: [String]

    /// The unit separator cannot occur in the parts of a key.
    private static let separator = "\u{1F}"

    /// A cursor behind the item with this sort key.
    package init(_ parts: String...) {
        self.parts = parts
    }

    /// Reads what `encoded` gave; nil for anything else, also for what is longer than 512 characters or was altered by hand.
    package init?(encoded: String) {
        guard encoded.utf8.count <= 512, let bytes = Base64URL.decode(encoded.utf8), let text = String(validating: bytes, as: UTF8.self),
            text.hasPrefix("1" + Self.separator), !text.contains("\0")
        else { return nil }
        parts = text.components(separatedBy: Self.separator).dropFirst().map { $0 }
    }

    /// The text for `next_cursor`; safe in an address.
    package var encoded: String {
        Base64URL.encode((["1"] + parts).joined(separator: Self.separator).utf8)
    }
}

/// A place between two rows of a list that is sorted by time, then by id: behind the row with these.
package struct TimedPlace: Sendable, Hashable {
    /// The row's time.
    package let at: Date
    /// Its id.
    package let id: String

    /// The place behind a row.
    package init(at: Date, id: String) {
        self.at = at
        self.id = id
    }

    /// Reads a cursor that `cursor` made; anything else is a 400.
    package init(_ cursor: PageCursor) throws {
        guard cursor.parts.count == 2, let seconds = Double(cursor.parts[0]), seconds.isFinite else { throw APIError.foreignCursor }
        self.init(at: Date(timeIntervalSince1970: seconds), id: cursor.parts[1])
    }

    /// The place as callers carry it.
    package var cursor: PageCursor { PageCursor("\(at.timeIntervalSince1970)", id) }
}

/// One page of a list that several services have told their parts of: `{"data": […], "next_cursor": null | "…", "incomplete": […]}`.
package struct ComposedPage<Item: Encodable & Sendable>: ResponseEncodable, Sendable {
    private enum CodingKeys: CodingKey {
        case data, nextCursor, incomplete
    }

    private let data: [Item]
    private let nextCursor: String?
    private let incomplete: [ServiceName]

    /// A page of `data`; `next` is the place behind its last item where there is more, `incomplete` are the services that did not answer.
    package init(_ data: [Item], next: PageCursor?, incomplete: [ServiceName]) {
        self.data = data
        nextCursor = next?.encoded
        self.incomplete = incomplete
    }

    /// Writes `next_cursor` also when it is null.
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(data, forKey: .data)
        try container.encode(nextCursor, forKey: .nextCursor)
        try container.encode(incomplete, forKey: .incomplete)
    }
}
