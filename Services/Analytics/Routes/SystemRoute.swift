import Hummingbird
import Messages
import ServiceKit

/// `GET /admin/system`: how every service stands, and all alerts that are up.
struct SystemRoute: Sendable {
    let parts: Parts

    private struct Answer: ResponseEncodable {
        /// Of all services, the newest first.
        var alerts: [SystemState.Raised]
        var services: [SystemState]
        /// The services that did not answer: down, or too slow.
        var incomplete: [ServiceName]
    }

    func register(on routes: RouterGroup<AdminContext>) {
        routes.get("admin/system", use: state)
    }

    @Sendable private func state(_ request: Request, _ context: AdminContext) async throws -> Answer {
        let gathered = await parts.ask("system", as: SystemState.self, for: context.identity) { _ in [:] }
        let services = gathered.answers.map(\.answer)
        let alerts = services.flatMap(\.alerts).sorted { $0.since > $1.since }
        // Each alert once: above.
        let bare = services.map { service in
            var service = service
            service.alerts = []
            return service
        }
        return Answer(alerts: alerts, services: bare, incomplete: gathered.incomplete)
    }
}
