import HTTPTypes
import Hummingbird
import Messaging
import Models
import Postgres
import ServiceKit
import Stripe

/// The two small pages that customers come back to where the site has none of its own: what became of the payment, in a sentence.
///
/// They are the default of `success_url` and `cancel_url`. Nobody is signed in here; whoever knows a session's id is told what became of it
/// and nothing else: no name, no amount. Looking also does what the webhook would do if it has not come yet.
struct LandingPages: Sendable {
    let verify: VerifyCheckout
    let pool: PostgresPool

    /// A page: its status, heading and sentence.
    struct Page: Sendable, Equatable {
        var status = HTTPResponse.Status.ok
        let title: String
        let text: String
    }

    /// Asking Stripe takes no longer than this; a browser is at the other end.
    private static let patience = Duration.seconds(10)

    func register(on router: Router<APIContext>) {
        router.get("checkout/success") { request, context in
            let session = try QueryParameters(request.uri.query).text("session_id").map(CheckoutSessionID.init(rawValue:))
            guard let session, let user = try await CheckoutSessions.owner(of: session, in: pool) else {
                return Self.response(Self.unknown)
            }
            // Whoever has the address of the page acts for whom it was made.
            let shown = try await Acting(.user, user.rawValue, by: request, context).perform { try await page(session, of: user) }
            return Self.response(shown)
        }
        router.get("checkout/cancel") { _, _ in
            Self.response(Page(title: "Nothing was paid", text: "You have left the payment page. You can start again whenever you like."))
        }
    }

    private func page(_ session: CheckoutSessionID, of user: UserID) async throws -> Page {
        do {
            return Self.page(of: try await verify.until(.now + Self.patience)(session, user: user))
        } catch CheckoutRefusal.unknownSession {
            return Self.unknown
        } catch is StripeError {
            return Page(
                status: .serviceUnavailable, title: "We are still looking",
                text: "The payment provider does not answer just now. Nothing is lost: load this page again in a minute.")
        }
    }

    private static let unknown = Page(status: .notFound, title: "Page not found", text: "We know of no such payment.")

    private static func page(of status: VerifyCheckout.Status) -> Page {
        switch status {
        case .complete: Page(title: "Thank you", text: "Your payment has arrived and your plan has begun. You can close this page.")
        case .processing: Page(title: "Thank you", text: "Your bank is working on the payment. We tell you as soon as it has arrived.")
        case .failed:
            Page(title: "The payment did not come", text: "Your bank has turned it down. Please start again with another way to pay.")
        case .open: Page(title: "Not paid yet", text: "The payment page is still open. Go back to it to finish.")
        case .expired: Page(title: "This payment page has expired", text: "Nothing was paid. Please start again.")
        }
    }

    private static func response(_ page: Page) -> Response {
        let html = """
            <!doctype html>
            <html lang="en">
            <head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>\(page.title)</title></head>
            <body><main><h1>\(page.title)</h1><p>\(page.text)</p></main></body>
            </html>

            """
        return Response(
            status: page.status, headers: [.contentType: "text/html; charset=utf-8", .contentSecurityPolicy: "default-src 'none'"],
            body: .init(byteBuffer: ByteBuffer(string: html)))
    }
}
