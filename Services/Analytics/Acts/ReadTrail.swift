import Messages
import ServiceKit

/// The one trail over all services, put together from their parts.
struct ReadTrail: Sendable {
    let parts: Parts

    /// One page of it.
    struct Found: Sendable {
        /// The newest first.
        var records: [AuditRecord]
        /// Whether there is more behind the last of them.
        var isMore: Bool
        /// Who did not answer: their entries are not here.
        var incomplete: [ServiceName]
    }

    /// A place between two entries of the one trail.
    struct Place: Sendable, Hashable {
        var at: String
        var service: ServiceName
        var id: Int64

        /// The same place in the trail of one service. Of entries of one moment those come first whose service does, by name.
        func inTrail(of other: ServiceName) -> AuditPlace {
            if other == service { return AuditPlace(at: at, id: id) }
            return AuditPlace(at: at, id: other.rawValue > service.rawValue ? .max : .min)
        }
    }

    private struct Part: Decodable, Sendable {
        var data: [AuditRecord]
        var nextCursor: String?
    }

    /// The entries that fit `filter`, strictly behind `place`.
    func callAsFunction(_ filter: AuditFilter, behind place: Place?, limit: Int, for identity: Identity) async -> Found {
        let gathered = await parts.ask("audit", as: Part.self, for: identity) { service in
            var parameters = filter.parameters
            parameters["limit"] = "\(limit)"
            parameters["cursor"] = place?.inTrail(of: service).cursor.encoded
            return parameters
        }
        let all = gathered.answers.flatMap(\.answer.data).sorted(by: Self.isBefore)
        let isMore = all.count > limit || gathered.answers.contains { $0.answer.nextCursor != nil }
        return Found(records: Array(all.prefix(limit)), isMore: isMore, incomplete: gathered.incomplete)
    }

    private static func isBefore(_ one: AuditRecord, _ other: AuditRecord) -> Bool {
        if one.at != other.at { return one.at > other.at }
        if one.service != other.service { return one.service.rawValue < other.service.rawValue }
        return one.id > other.id
    }
}
