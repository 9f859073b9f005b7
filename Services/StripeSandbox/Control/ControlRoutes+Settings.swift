import Foundation

/// What the account's owner would set in Stripe's dashboard, and how events are made and delivered.
extension ControlRoutes {
    private struct Settings: Decodable {
        var afterFirstFailure: String?
        var afterFinalFailure: String?
        var invoiceAfterFinalFailure: String?
        var retryDays: [Int]?
        var smartRetries: Bool?
        var resumeWhenSettled: Bool?
        var debitSeconds: Int?
        var eventVersion: String?
        var webhookURL: String?
        var webhooksPaused: Bool?
        var rateLimit: Int?

        private enum CodingKeys: String, CodingKey {
            case afterFirstFailure, afterFinalFailure, invoiceAfterFinalFailure, retryDays, smartRetries, debitSeconds, eventVersion
            case resumeWhenSettled, webhooksPaused, rateLimit
            case webhookURL = "webhookUrl"
        }

        /// What they change, checked.
        func change() throws -> (inout BillingSettings) -> Void {
            let first = try choice(afterFirstFailure, "after_first_failure", as: BillingSettings.AfterFirstFailure.self)
            let final = try choice(afterFinalFailure, "after_final_failure", as: BillingSettings.AfterFinalFailure.self)
            let invoice = try choice(
                invoiceAfterFinalFailure, "invoice_after_final_failure", as: BillingSettings.InvoiceAfterFinalFailure.self)
            let version = try eventVersion.map { name in
                guard let version = APIVersion(ofEvents: name) else { throw APIError.invalidRequest("event_version is not a version.") }
                return version
            }
            if let retryDays, retryDays.contains(where: { $0 < 1 }) {
                throw APIError.invalidRequest("retry_days are whole days from 1.")
            }
            if retryDays != nil && smartRetries == true {
                throw APIError.invalidRequest("retry_days are a schedule in place of smart_retries.")
            }
            if let debitSeconds, debitSeconds < 0 { throw APIError.invalidRequest("debit_seconds are from 0.") }
            let retries = retryDays.map(BillingSettings.Retries.days) ?? (smartRetries == true ? .smart : nil)
            return { settings in
                settings.afterFirstFailure = first ?? settings.afterFirstFailure
                settings.afterFinalFailure = final ?? settings.afterFinalFailure
                settings.invoiceAfterFinalFailure = invoice ?? settings.invoiceAfterFinalFailure
                settings.eventVersion = version ?? settings.eventVersion
                settings.resumesWhenSettled = resumeWhenSettled ?? settings.resumesWhenSettled
                settings.debitSeconds = debitSeconds ?? settings.debitSeconds
                settings.retries = retries ?? settings.retries
                if smartRetries == false && settings.retries == .smart { settings.retries = BillingSettings().retries }
            }
        }

        private func choice<Choice: CaseIterable & RawRepresentable<String>>(
            _ given: String?, _ name: String, as type: Choice.Type
        ) throws -> Choice? {
            guard let given else { return nil }
            guard let choice = Choice(rawValue: given) else {
                throw APIError.invalidRequest("\(name) is one of \(Choice.allCases.map(\.rawValue).joined(separator: ", ")).")
            }
            return choice
        }
    }

    func changeSettings(_ body: Data) async throws -> JSON {
        let given = try decode(Settings.self, body)
        let change = try given.change()
        if let limit = given.rateLimit {
            guard limit >= 0 else { throw APIError.invalidRequest("rate_limit is calls in a second, or 0.") }
            await sandbox.setRateLimit(limit)
        }
        await sandbox.changeSettings(change)
        if let url = given.webhookURL { await sandbox.setWebhookURLs(url.split(separator: ",").map(String.init)) }
        if let paused = given.webhooksPaused { await sandbox.pauseWebhooks(paused) }
        return await settings
    }

    private var settings: JSON {
        get async {
            let settings = await sandbox.account.settings
            let days: JSON = if case .days(let days) = settings.retries { .list(days.map(JSON.number)) } else { .null }
            return [
                "after_first_failure": .text(settings.afterFirstFailure.rawValue),
                "after_final_failure": .text(settings.afterFinalFailure.rawValue),
                "invoice_after_final_failure": .text(settings.invoiceAfterFinalFailure.rawValue), "retry_days": days,
                "smart_retries": .flag(settings.retries == .smart), "resume_when_settled": .flag(settings.resumesWhenSettled),
                "debit_seconds": .optional(settings.debitSeconds),
                "event_version": .text(settings.eventVersion.name), "webhook_url": .text(await sandbox.webhookURLs.joined(separator: ",")),
                "webhooks_paused": .flag(await sandbox.webhooksPaused), "rate_limit": .number(await sandbox.limit.perSecond),
            ]
        }
    }
}
