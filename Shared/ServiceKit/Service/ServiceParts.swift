package import Hummingbird
import Logging
package import Postgres
package import ServiceLifecycle

/// What one service is made of, besides what every service has.
package struct ServiceParts {
    /// The tables of the service's schema; applied before anything below runs.
    package var schema: Schema
    /// Long-lived work. Begun together, ended one by one from the last to the first, each before the one it stands on; so: relay before
    /// consumers. One that ends by itself ends the service.
    package var workers: [any Service]
    /// What must be so for the service to be ready, besides its database.
    package var readiness: [ReadinessCheck]
    /// Adds the routes of the public listener.
    package var routes: (Router<APIContext>) -> Void
    /// Shorter ways for some of those routes.
    package var direct: [DirectRoute]

    /// A service of these parts; each may be left out.
    package init(
        schema: Schema = Schema(), workers: [any Service] = [], readiness: [ReadinessCheck] = [], direct: [DirectRoute] = [],
        routes: @escaping (Router<APIContext>) -> Void = { _ in }
    ) {
        self.schema = schema
        self.workers = workers
        self.readiness = readiness
        self.direct = direct
        self.routes = routes
    }
}

/// The router of the public listener: what every request passes, then the routes of the service.
///
/// From the outside in: id and trace, log line and metrics, headers of every answer, other origins, errors, the form of the address.
struct PublicRoutes {
    let crossOrigin: CrossOrigin
    let log: AccessLog
    let logger: Logger

    func router(adding routes: (Router<APIContext>) -> Void) -> Router<APIContext> {
        let table = RouteTable()
        let router = Router(context: APIContext.self, options: .autoGenerateHeadEndpoints)
        router.addMiddleware {
            RequestIdentification()
            log
            SecurityHeaders()
            crossOrigin
            ErrorAnswers(logger: logger, routes: table)
            AddressRules()
        }
        routes(router)
        table.fill(from: router)
        return router
    }
}
