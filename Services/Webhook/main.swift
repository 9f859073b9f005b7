import ServiceKit

try await runService("webhook", build: buildWebhook)
