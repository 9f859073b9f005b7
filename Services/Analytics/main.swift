import ServiceKit

try await runService("analytics", build: buildAnalytics)
