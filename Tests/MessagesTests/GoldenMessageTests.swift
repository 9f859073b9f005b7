import Foundation
import Messages
import Messaging
import Models
import Testing

/// Each message as outside programs and older versions of ours read it. A text here is never edited once it is in use.
@Suite("Messages on the wire")
struct GoldenMessageTests {
    private static let time = Date(timeIntervalSince1970: 1_767_261_600)

    private static let order = VMOrder(
        commandID: "c-1", generation: 7, userID: "user_42", subscriptionID: "sub_1", reason: "payment_failed",
        evidence: VMEvidence(
            readAt: time, subscriptionStatus: "unpaid", invoiceID: "in_1", attemptCount: 4, nextPaymentAttempt: nil))

    private static let golden: [(message: any Message, json: String)] = [
        (RedeliveryRequested(queue: "refund.payments", since: time), #"{"queue":"refund.payments","since":"2026-01-01T10:00:00Z"}"#),
        (BrokerMarker(service: .checkout), #"{"service":"checkout"}"#), (BrokerMarker(service: .webhook), #"{"service":"webhook"}"#),
        (BrokerMarker(service: .refund), #"{"service":"refund"}"#), (BrokerMarker(service: .analytics), #"{"service":"analytics"}"#),
        (BrokerMarker(service: .enforcement), #"{"service":"enforcement"}"#),
        (CustomerLinked(userID: "user_42", stripeCustomerID: "cus_1"), #"{"stripe_customer_id":"cus_1","user_id":"user_42"}"#),
        (
            EventHandled(stripeEventID: "evt_1", service: .checkout, outcome: .failed, error: "why", userID: "user_42"),
            #"{"error":"why","outcome":"failed","service":"checkout","stripe_event_id":"evt_1","user_id":"user_42"}"#
        ),
        (
            AccessChanged(
                userID: "user_42", generation: 7, wanted: .off, reason: "unpaid", entitledUntil: nil, decidedAt: time),
            #"{"decided_at":"2026-01-01T10:00:00Z","generation":7,"reason":"unpaid","user_id":"user_42","wanted":"off"}"#
        ),
        (
            PaymentRecorded(
                paymentID: "pay_1", version: 2, userID: "user_42", amount: 1900, amountRefunded: 0, currency: "usd", status: .succeeded,
                paymentMethod: "card", planID: "basic", stripePaymentIntentID: "pi_1", stripeInvoiceID: "in_1",
                stripeSubscriptionID: "sub_1", createdAt: time),
            #"{"amount":1900,"amount_refunded":0,"created_at":"2026-01-01T10:00:00Z","currency":"usd","payment_id":"pay_1","#
                + #""payment_method":"card","plan_id":"basic","status":"succeeded","stripe_invoice_id":"in_1","#
                + #""stripe_payment_intent_id":"pi_1","stripe_subscription_id":"sub_1","user_id":"user_42","version":2}"#
        ),
        (
            PaymentRecorded(
                paymentID: "pay_1", version: 3, userID: "user_42", amount: 1900, amountRefunded: 0, currency: "usd", status: .succeeded,
                paymentMethod: "link", planID: "basic", stripePaymentIntentID: "pi_1", stripeChargeID: "ch_1", stripeInvoiceID: "in_1",
                stripeSubscriptionID: "sub_1", createdAt: time, paidAt: time),
            #"{"amount":1900,"amount_refunded":0,"created_at":"2026-01-01T10:00:00Z","currency":"usd","paid_at":"2026-01-01T10:00:00Z","#
                + #""payment_id":"pay_1","payment_method":"link","plan_id":"basic","status":"succeeded","stripe_charge_id":"ch_1","#
                + #""stripe_invoice_id":"in_1","stripe_payment_intent_id":"pi_1","stripe_subscription_id":"sub_1","user_id":"user_42","#
                + #""version":3}"#
        ),
        (
            SubscriptionEndRequested(
                userID: "user_42", subscriptionID: "sub_1", why: "dispute_lost", invoiceID: "in_1", paymentID: "pay_1"),
            #"{"invoice_id":"in_1","payment_id":"pay_1","subscription_id":"sub_1","user_id":"user_42","why":"dispute_lost"}"#
        ),
        (
            SubscriptionDuplicated(
                userID: "user_42", keptSubscriptionID: "sub_1", canceledSubscriptionID: "sub_2", paymentID: "pay_2"),
            #"{"canceled_subscription_id":"sub_2","kept_subscription_id":"sub_1","payment_id":"pay_2","user_id":"user_42"}"#
        ),
        (
            SubscriptionChanged(
                subscriptionID: "sub_1", version: 4, userID: "user_42", planID: "basic", status: "active", amount: 1900, currency: "usd",
                interval: "month", intervalCount: 1, quantity: 1, discount: .init(percentOff: 12.5, end: time), currentPeriodStart: time,
                currentPeriodEnd: time, cancelAtPeriodEnd: false, createdAt: time, changedAt: time),
            #"{"amount":1900,"cancel_at_period_end":false,"changed_at":"2026-01-01T10:00:00Z","created_at":"2026-01-01T10:00:00Z","#
                + #""currency":"usd","current_period_end":"2026-01-01T10:00:00Z","current_period_start":"2026-01-01T10:00:00Z","#
                + #""discount":{"end":"2026-01-01T10:00:00Z","percent_off":12.5},"interval":"month","interval_count":1,"plan_id":"basic","#
                + #""quantity":1,"status":"active","subscription_id":"sub_1","user_id":"user_42","version":4}"#
        ),
        (
            PaymentAttemptFailed(
                attemptID: "ch_1", version: 2, paymentID: "pay_1", userID: "user_42", planID: "basic", amount: 1900, currency: "usd",
                failureCode: "card_declined", declineCode: "insufficient_funds", attemptNumber: 2, nextAttemptAt: time, failedAt: time,
                stripePaymentIntentID: "pi_1", stripeInvoiceID: "in_1", stripeSubscriptionID: "sub_1"),
            #"{"amount":1900,"attempt_id":"ch_1","attempt_number":2,"currency":"usd","decline_code":"insufficient_funds","#
                + #""failed_at":"2026-01-01T10:00:00Z","failure_code":"card_declined","next_attempt_at":"2026-01-01T10:00:00Z","#
                + #""payment_id":"pay_1","plan_id":"basic","stripe_invoice_id":"in_1","stripe_payment_intent_id":"pi_1","#
                + #""stripe_subscription_id":"sub_1","user_id":"user_42","version":2}"#
        ),
        (
            RefundChanged(
                refundID: "r-1", version: 3, paymentID: "pay_1", userID: "user_42", stripeRefundID: "re_1", refundRequestID: "rr-1",
                amount: 500, currency: "usd", status: "succeeded", reason: "requested_by_customer", refundedAt: time,
                paymentAmountRefunded: 700),
            #"{"amount":500,"currency":"usd","payment_amount_refunded":700,"payment_id":"pay_1","reason":"requested_by_customer","#
                + #""refund_id":"r-1","refund_request_id":"rr-1","refunded_at":"2026-01-01T10:00:00Z","status":"succeeded","#
                + #""stripe_refund_id":"re_1","user_id":"user_42","version":3}"#
        ),
        (
            DisputeChanged(
                stripeDisputeID: "du_1", version: 2, paymentID: "pay_1", userID: "user_42", amount: 1900, currency: "usd",
                reason: "fraudulent", status: "needs_response", isMoneyOut: true, evidenceDeadline: time, disputedAt: time),
            #"{"amount":1900,"currency":"usd","disputed_at":"2026-01-01T10:00:00Z","evidence_deadline":"2026-01-01T10:00:00Z","#
                + #""is_money_out":true,"payment_id":"pay_1","reason":"fraudulent","status":"needs_response","#
                + #""stripe_dispute_id":"du_1","user_id":"user_42","version":2}"#
        ),
        (
            ReconciliationFinished(
                service: .refund, scope: "refunds", version: 7, asOf: time, seen: 3, repaired: 1, passedOver: 0,
                totals: [.init(currency: "usd", status: "succeeded", isOurs: true, count: 3, amount: 1500)]),
            #"{"as_of":"2026-01-01T10:00:00Z","passed_over":0,"repaired":1,"scope":"refunds","seen":3,"service":"refund","#
                + #""totals":[{"amount":1500,"count":3,"currency":"usd","is_ours":true,"status":"succeeded"}],"version":7}"#
        ),
        (
            AuditSealed(service: .checkout, sequence: 41, hash: "00ff"),
            #"{"hash":"00ff","sequence":41,"service":"checkout"}"#
        ),
        (VMShutdown(order), orderJSON), (VMRestore(order), orderJSON),
        (
            VMReported(commandID: "c-1", generation: 7, userID: "user_42", outcome: .ignoredStale),
            #"{"command_id":"c-1","generation":7,"outcome":"ignored_stale","user_id":"user_42"}"#
        ),
        (
            StripeEventReceived(
                stripeEventID: "evt_1", eventType: "invoice.paid", created: time, apiVersion: "2024-06-20", objectID: "in_1",
                object: .invoice(InvoiceFacts(id: "in_1", currency: "usd", amountPaid: 1900, created: time))),
            #"{"api_version":"2024-06-20","created":"2026-01-01T10:00:00Z","event_type":"invoice.paid","object":{"invoice":"#
                + #"{"amount_due":0,"amount_paid":1900,"attempt_count":0,"created":"2026-01-01T10:00:00Z","currency":"usd","id":"in_1","#
                + #""paid_out_of_band":false}},"object_id":"in_1","stripe_event_id":"evt_1"}"#
        ),
        (
            StripeEventReceived(
                stripeEventID: "evt_2", eventType: "charge.succeeded", created: time, apiVersion: nil, objectID: "ch_1",
                object: .charge(
                    ChargeFacts(
                        id: "ch_1", paymentIntentID: "pi_1", status: "succeeded", currency: "eur", amount: 1900, amountCaptured: 1500,
                        isCaptured: true, paymentMethodType: "link", metadata: ["planTier": "a", "user_id": "user_42"], created: time))),
            #"{"created":"2026-01-01T10:00:00Z","event_type":"charge.succeeded","object":{"charge":{"amount":1900,"#
                + #""amount_captured":1500,"amount_refunded":0,"created":"2026-01-01T10:00:00Z","currency":"eur","id":"ch_1","#
                + #""is_captured":true,"metadata":{"planTier":"a","user_id":"user_42"},"payment_intent_id":"pi_1","#
                + #""payment_method_type":"link","status":"succeeded"}},"object_id":"ch_1","stripe_event_id":"evt_2"}"#
        ),
        (
            StripeEventReceived(
                stripeEventID: "evt_4", eventType: "customer.subscription.updated", created: time, apiVersion: nil, objectID: "sub_1",
                object: .subscription(
                    SubscriptionFacts(
                        id: "sub_1", customerID: "cus_1", userID: "user_42", openedFor: .basic, installation: "shop", status: .active,
                        priceID: "price_1", otherPriceIDs: ["price_2", "price_3"], created: time))),
            #"{"created":"2026-01-01T10:00:00Z","event_type":"customer.subscription.updated","object":{"subscription":"#
                + #"{"cancel_at_period_end":false,"created":"2026-01-01T10:00:00Z","customer_id":"cus_1","id":"sub_1","#
                + #""installation":"shop","opened_for":"basic","other_price_ids":["price_2","price_3"],"price_id":"price_1","#
                + #""status":"active","user_id":"user_42"}},"object_id":"sub_1","stripe_event_id":"evt_4"}"#
        ),
        (
            StripeEventReceived(
                stripeEventID: "evt_6", eventType: "customer.subscription.paused", created: time, apiVersion: nil, objectID: "sub_1",
                object: .subscription(
                    SubscriptionFacts(
                        id: "sub_1", customerID: "cus_1", status: .active,
                        pauseCollection: PauseCollection(behavior: "void", resumesAt: time), created: time))),
            #"{"created":"2026-01-01T10:00:00Z","event_type":"customer.subscription.paused","object":{"subscription":"#
                + #"{"cancel_at_period_end":false,"created":"2026-01-01T10:00:00Z","customer_id":"cus_1","id":"sub_1","#
                + #""pause_collection":{"behavior":"void","resumes_at":"2026-01-01T10:00:00Z"},"status":"active"}},"object_id":"sub_1","#
                + #""stripe_event_id":"evt_6"}"#
        ),
        (
            StripeEventReceived(
                stripeEventID: "evt_7", eventType: "invoice.updated", created: time, apiVersion: nil, objectID: "in_1",
                object: .invoice(
                    InvoiceFacts(
                        id: "in_1", status: "open", collectionMethod: "send_invoice", dueDate: time, serviceEnd: time, currency: "usd",
                        created: time))),
            #"{"created":"2026-01-01T10:00:00Z","event_type":"invoice.updated","object":{"invoice":{"amount_due":0,"amount_paid":0,"#
                + #""attempt_count":0,"collection_method":"send_invoice","created":"2026-01-01T10:00:00Z","currency":"usd","#
                + #""due_date":"2026-01-01T10:00:00Z","id":"in_1","paid_out_of_band":false,"service_end":"2026-01-01T10:00:00Z","#
                + #""status":"open"}},"object_id":"in_1","stripe_event_id":"evt_7"}"#
        ),
        (
            StripeEventReceived(
                stripeEventID: "evt_5", eventType: "checkout.session.completed", created: time, apiVersion: nil, objectID: "cs_1",
                object: .checkoutSession(
                    CheckoutSessionFacts(id: "cs_1", mode: "subscription", userID: "user_42", installation: "shop", plan: .basic))),
            #"{"created":"2026-01-01T10:00:00Z","event_type":"checkout.session.completed","object":{"checkout_session":"#
                + #"{"id":"cs_1","installation":"shop","mode":"subscription","plan":"basic","user_id":"user_42"}},"#
                + #""object_id":"cs_1","stripe_event_id":"evt_5"}"#
        ),
        (
            StripeEventReceived(
                stripeEventID: "evt_3", eventType: "invoice.paid", created: time, apiVersion: nil, objectID: "in_1", object: nil,
                undecodable: "data.object.currency is null"),
            #"{"created":"2026-01-01T10:00:00Z","event_type":"invoice.paid","object_id":"in_1","stripe_event_id":"evt_3","#
                + #""undecodable":"data.object.currency is null"}"#
        ),
    ]

    private static let orderJSON =
        #"{"command_id":"c-1","evidence":{"attempt_count":4,"invoice_id":"in_1","next_payment_attempt":null,"#
        + #""read_at":"2026-01-01T10:00:00Z","subscription_status":"unpaid"},"generation":7,"reason":"payment_failed","#
        + #""subscription_id":"sub_1","user_id":"user_42"}"#

    @Test("are what they always were")
    func unchanged() throws {
        for (message, json) in Self.golden {
            #expect(String(decoding: try WireJSON.encode(message), as: UTF8.self) == json)
            let type = type(of: message)
            #expect(String(decoding: try WireJSON.encode(try WireJSON.decode(type, from: Array(json.utf8))), as: UTF8.self) == json)
        }
    }

    @Test("there is one here for every key of the topology")
    func complete() {
        let keys = Set(Self.golden.map(\.message.type).map { $0.hasPrefix("stripe.") ? "stripe." : $0 })
        #expect(keys == Set(Topology.flows.map(\.key).map { $0.hasPrefix("stripe.") ? "stripe." : $0 }))
    }

    @Test("travel in a CloudEvent")
    func envelope() throws {
        let event = CloudEvent(
            CustomerLinked(userID: "user_42", stripeCustomerID: "cus_1"), id: "m-1", source: .checkout, time: Self.time, trace: nil)
        #expect(
            String(decoding: try WireJSON.encode(event), as: UTF8.self)
                == #"{"data":{"stripe_customer_id":"cus_1","user_id":"user_42"},"datacontenttype":"application/json","id":"m-1","#
                + #""source":"/payments/checkout","specversion":"1.0","subject":"user_42","time":"2026-01-01T10:00:00Z","#
                + #""type":"customer.linked.v1"}"#)
    }

    @Test("of enforcement name it as the VM controller knows it")
    func source() {
        #expect(ServiceName.enforcement.source == "/payments/subscription-enforcement")
    }
}
