try await runSandbox()
