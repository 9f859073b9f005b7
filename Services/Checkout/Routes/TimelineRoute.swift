import Hummingbird
import ServiceKit

/// `GET /timeline`: why was I charged, why is my VM off; dated sentences of all services, the newest first.
struct TimelineRoute: Sendable {
    let parts: Parts

    func register(on routes: RouterGroup<CustomerContext>) {
        routes.get("timeline", use: timeline)
    }

    /// Each part tells as many as are asked for, so that the newest of all are among them, however they are divided.
    @Sendable private func timeline(_ request: Request, _ context: CustomerContext) async throws -> ComposedPage<TimelineEntry> {
        let page = try PageRequest(request)
        _ = try page.cursor.map(TimedPlace.init)
        var asked = ["limit": "\(page.limit)"]
        asked["cursor"] = page.cursor?.encoded
        let parameters = asked
        let gathered = await parts.ask("timeline", as: TimelinePart.Answer.self, for: context.identity) { _ in parameters }
        let all = gathered.answers.flatMap(\.answer.data).sorted { ($0.at, $0.id) > ($1.at, $1.id) }
        let shown = all.prefix(page.limit)
        let isMore = all.count > shown.count || gathered.answers.contains { $0.answer.data.count == page.limit }
        let last = isMore ? shown.last : nil
        return ComposedPage(
            Array(shown), next: last.map { TimedPlace(at: $0.at, id: $0.id).cursor }, incomplete: gathered.incomplete)
    }
}
