import HTTPTypes
import Hummingbird
import Logging
import Metrics
import Postgres
import ServiceKit

/// `POST /webhook`: 200 only after the event is committed.
struct WebhookRoute: Sendable {
    let accept: AcceptEvent
    let store: GroupCommit

    private struct Answer: ResponseEncodable {
        var received = true
    }

    func register(on routes: RouterGroup<APIContext>) {
        routes.post("webhook", use: receive)
    }

    @Sendable private func receive(_ request: Request, _ context: APIContext) async throws -> Answer {
        let body = try await request.rawBody()
        do {
            let event = try accept(body, signature: request.headers[.stripeSignature])
            try await store.store(event)
            count("accepted")
            return Answer()
        } catch let refusal as WebhookRefusal {
            count(refusal.code)
            throw refusal
        } catch is GroupCommit.Full {
            count("full")
            throw WebhookRefusal.cannotStore
        } catch let error as PostgresError {
            count("database")
            context.logger.error("an event could not be stored", metadata: ["error": "\(error.debugDescription)"])
            throw WebhookRefusal.cannotStore
        }
    }

    private func count(_ outcome: String) {
        Counter(label: "webhook_deliveries_total", dimensions: [("outcome", outcome)]).increment()
    }
}

extension HTTPField.Name {
    /// Stripe's signature over the time and the body.
    static let stripeSignature = HTTPField.Name("Stripe-Signature")!
}
