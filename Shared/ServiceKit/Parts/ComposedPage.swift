import Hummingbird
package import Messages

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
