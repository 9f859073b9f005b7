/// What a handler made of a message.
package enum Outcome: Sendable, Hashable {
    /// Its effect is in the transaction.
    case done
    /// It cannot be done now; the message waits in the inbox and is taken up again. `after` nil: by the growing delay.
    case retry(after: Duration? = nil, because: String)
    /// It can never be done; the message is parked for an admin.
    case reject(because: String)
    /// What was prepared has been overtaken; prepare once more and apply again, at once.
    case prepareAgain
}
