import HTTPTypes
import Hummingbird
import Logging
import Messaging
import Metrics
import Postgres
import ServiceContextModule
import ServiceKit

/// `POST /webhook`: 200 only after the event is committed.
struct WebhookRoute: Sendable {
    let accept: AcceptEvent
    let store: Batcher<ReceivedEvent, Void>
    let alerts: Alerts
    private let accepted = Counter(label: "webhook_deliveries_total", dimensions: [("outcome", "accepted")])

    init(accept: AcceptEvent, store: Batcher<ReceivedEvent, Void>, alerts: Alerts) {
        self.accept = accept
        self.store = store
        self.alerts = alerts
    }

    /// Stripe reads the status alone.
    private static let received = Array(#"{"received":true}"#.utf8)
    private static let longestBody = 4 * 1024 * 1024

    func register(on routes: RouterGroup<APIContext>) {
        routes.post("webhook", use: receive)
    }

    /// The same for what is taken without objection; all else comes to `receive`.
    var direct: DirectRoute {
        DirectRoute(
            .post, "/api/payment/webhook", reading: "stripe-signature", longestBody: Self.longestBody, afterwards: store.begin
        ) { delivery, done in
            guard let event = accept.ifGood(delivery.body, signature: delivery.field, trace: delivery.trace) else { return false }
            return store.take(event) { result in
                let isStored = (try? result.get()) != nil
                if isStored { accepted.increment() }
                done(isStored ? DirectRoute.Answer(body: Self.received, isRoutine: true) : nil)
            }
        }
    }

    @Sendable private func receive(_ request: Request, _ context: APIContext) async throws -> Response {
        let body = try await request.rawBody(limit: Self.longestBody)
        do {
            let event = try accept(body, signature: request.headers[.stripeSignature], trace: ServiceContext.current?.trace)
            try await store(event)
            accepted.increment()
            // Each has its row, which tells more than a line of the log would.
            context.journal.isRoutine = true
            return Response(
                status: .ok, headers: [.contentType: "application/json; charset=utf-8"],
                body: ResponseBody(byteBuffer: ByteBuffer(bytes: Self.received)))
        } catch let refusal as WebhookRefusal {
            count(refusal.code)
            if refusal == .notAnEvent { await tell(of: SignedStranger(body), context) }
            throw refusal
        } catch is TooManyWaiting {
            count("full")
            throw WebhookRefusal.cannotStore
        } catch let error as PostgresError {
            count("database")
            context.logger.error("an event could not be stored", metadata: ["error": "\(error.debugDescription)"])
            throw WebhookRefusal.cannotStore
        }
    }

    /// Only what is signed is told of: anybody could write alerts otherwise.
    private func tell(of stranger: SignedStranger, _ context: APIContext) async {
        do {
            try await alerts.raise(stranger.alert, about: stranger.subject, stranger.detail)
        } catch {
            context.logger.error("an alert could not be raised", metadata: ["code": "\(stranger.alert.code)", "error": "\(error)"])
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
