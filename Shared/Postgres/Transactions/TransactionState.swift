/// What a connection knows about the transaction it is in.
struct TransactionState {
    /// Tells it from earlier transactions of the connection.
    let number: Int
    let deadline: Deadline
    let statementTimeout: Duration
    /// What begins it, until the server has heard that.
    var beginning: [Query]
    /// Statements that go with the next one.
    var waiting: [Query] = []
    /// The first error of a statement, kept in case the body swallows it.
    var failure: (any Error)?
}
