/// How long a service may take to end. An operator's system kills what is still there 10 s after it asked (deploy/local; Kubernetes waits
/// 30 s).
enum ShutdownTimes {
    /// Then whatever still runs is cancelled.
    static let graceful: Duration = .seconds(7)
    /// Then the process ends, whatever still runs: all work is transactional, so nothing is half done.
    static let atLatest: Duration = .seconds(9)
}
