/// How refunds to a card go.
enum RefundCourse: Sendable, Equatable {
    /// They succeed at once; every card but two.
    case immediate
    /// They are pending and succeed later.
    case succeedsLater
    /// They succeed at first and fail later.
    case failsLater
}
