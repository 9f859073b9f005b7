/// When a card's bank wants its holder to prove who they are (3-D Secure).
enum Authentication: Sendable, Equatable {
    case never
    /// Whenever the holder is there, and later only while the card has not been set up for charges without them.
    case unlessSetUp
    /// Whenever the holder is there, never later.
    case onSession
    /// With every charge.
    case always
}
