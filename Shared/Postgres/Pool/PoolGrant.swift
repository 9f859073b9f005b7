/// What a caller of a pool may do next.
enum PoolGrant<Connection: Sendable>: Sendable {
    case use(Connection)
    /// Open a connection, then report `opened`, `openFailed` or `openAbandoned`.
    case open
}
