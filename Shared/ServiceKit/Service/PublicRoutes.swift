import Hummingbird
import Logging

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
