import Foundation
import Hummingbird
import Logging
import Messages
import Messaging
import ServiceLifecycle
import Synchronization

@testable import ServiceKit
@testable import SubscriptionEnforcement
@testable import Webhook

/// What a service is made of, by its own build function, without running it.
struct Composition {
    let service: ServiceName
    /// Every route of the public listener, as `POST /api/payment/webhook`.
    let routes: [String]
    /// Work that is done every so often, by name.
    let periodic: [String]
    /// All other workers, by type.
    let workers: [String]

    /// All services.
    static func all() throws -> [Composition] {
        try RunningSystem.services.map { service, build in
            let settings = Settings(
                [
                    "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none", "AMQP_URL": "amqp://nobody:nobody@127.0.0.1:1",
                    "STRIPE_SECRET_KEY": "sk_test_flow", "STRIPE_PUBLISHABLE_KEY": "pk_test_flow", "STRIPE_WEBHOOK_SECRET": "whsec_sandbox",
                    "STRIPE_PRICE_BASIC": "price_basic", "STRIPE_PRICE_PREMIUM": "price_premium",
                    "AUTH_JWT_SECRET": "a secret for tests that is long enough for HS256",
                    "ALLOWED_REDIRECT_ORIGINS": "https://shop.example",
                ].merging(RunningSystem.addresses(RunningSystem.services.map(\.0), [1, 2, 3, 4, 5])) { $1 })
            let foundation = ServiceFoundation(
                name: service.rawValue, settings: settings, logger: Logger(label: "composed"), now: { .now })
            let parts = try build(foundation)
            try settings.validate()
            let router = Router(context: APIContext.self)
            parts.routes(router)
            let routes = router.routes.map { "\($0.method.rawValue) \($0.path.description.hasPrefix("/") ? "" : "/")\($0.path)" }
            return Composition(
                service: service, routes: routes, periodic: parts.workers.compactMap { ($0 as? PeriodicWork)?.name },
                workers: parts.workers.filter { !($0 is PeriodicWork) }.map { "\(type(of: $0))" })
        }
    }
}
