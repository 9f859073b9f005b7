import ServiceKit

try await runService("subscription-enforcement", build: buildEnforcement)
