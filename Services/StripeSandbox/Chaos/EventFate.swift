/// What becomes of one event on its way out.
struct EventFate: Sendable, Equatable {
    /// Else it is as if nothing had happened.
    var isMade = true
    /// Listed, but delivered to nobody.
    var isDropped = false
    /// How often it is delivered.
    var copies = 1
    /// How many later events go first.
    var behind = 0
    /// The longest it waits for later events.
    var heldSeconds = 0.0
    /// How long it waits, seconds of the wall clock.
    var delay = 0.0
}
