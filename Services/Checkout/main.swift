import ServiceKit

try await runService("checkout", build: buildCheckout)
