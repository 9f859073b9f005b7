import ServiceLifecycle

/// Lets what falls due happen while nobody asks.
struct Ticker: Service {
    let sandbox: Sandbox

    func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                await sandbox.tick()
                // Whoever asks next is told when this fails.
                try? await sandbox.save()
                // The sandbox's times are whole seconds; a quarter of one is soon enough.
                try? await Task.sleep(for: .milliseconds(250))
            }
        }
    }
}
