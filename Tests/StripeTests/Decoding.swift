import Models
import Testing

@testable import Stripe

/// What an event of `type` about the JSON `object` is decoded to; records an issue when it cannot be.
func envelope(_ type: String, _ object: String, version: String = "2026-05-27.dahlia") throws -> StripeEventEnvelope {
    try StripeEventEnvelope(
        json: Array(
            """
            {"id": "evt_1", "object": "event", "api_version": "\(version)", "created": 1795406400, "livemode": false, "type": "\(type)",
             "data": {"object": \(object)}, "pending_webhooks": 1, "request": {"id": null, "idempotency_key": null}}
            """.utf8))
}

/// The facts in an object of Stripe's, which must be of the kind that `Resource` reads.
func decode<Resource: StripeResource>(_ object: String, as resource: Resource.Type = Resource.self) throws -> Resource {
    try StripeJSON.decode(Wire<Resource>.self, from: Array(object.utf8)).value
}
