/// A pool at one moment, for metrics and for tests.
package struct PoolStatistics: Sendable, Equatable {
    /// Connections nobody uses.
    package var idle = 0
    /// Connections in use.
    package var leased = 0
    /// Connections being made.
    package var opening = 0
    /// Callers waiting for a connection.
    package var waiting = 0
}
