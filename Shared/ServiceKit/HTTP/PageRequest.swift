package import Hummingbird

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
