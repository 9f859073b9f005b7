import ServiceKit

try await runService("refund", build: buildRefund)
