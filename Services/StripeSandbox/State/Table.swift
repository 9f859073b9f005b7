/// All objects of one kind, by id, in the order they were made.
struct Table<Row: Resource>: Sendable {
    private var rows: [String: Row] = [:]
    private(set) var ids: [String] = []
    /// How many there ever were.
    private var made = 0
    var changes: ChangeLog<Row>?

    init() {}

    var count: Int { ids.count }

    /// Oldest first.
    var all: some Sequence<Row> { ids.lazy.compactMap { rows[$0] } }

    /// Newest first, as lists answer.
    var newestFirst: [Row] { ids.reversed().compactMap { rows[$0] } }

    /// Newest first, from the one before that of `cursor` on, looking at no more than is taken.
    func newest(after cursor: String?) -> some Sequence<Row> {
        let end = cursor.flatMap { ids.lastIndex(of: $0) } ?? ids.endIndex
        return ids[..<end].lazy.reversed().compactMap { rows[$0] }
    }

    /// The object of that id. Setting an unknown id adds it; setting nil changes nothing.
    subscript(id: String?) -> Row? {
        get { id.flatMap { rows[$0] } }
        set {
            guard let newValue else { return }
            if rows.updateValue(newValue, forKey: newValue.id) == nil {
                ids.append(newValue.id)
                made += 1
                changes?.note(newValue.id, newValue, place: made)
            } else {
                changes?.note(newValue.id, newValue)
            }
        }
    }

    mutating func insert(_ row: Row) { self[row.id] = row }

    /// Takes an object out as if it had never been made.
    mutating func remove(_ id: String) {
        guard rows.removeValue(forKey: id) != nil, let index = ids.lastIndex(of: id) else { return }
        ids.remove(at: index)
        changes?.note(id, nil)
    }

    /// The object whose id is in the path.
    ///
    /// - Throws: `APIError` 404 `resource_missing`, naming the part of the path that held the id.
    func find(_ id: String, param: String = "id") throws(APIError) -> Row {
        guard let row = rows[id] else { throw .noSuch(Row.noun, id, param: param) }
        return row
    }

    /// The object that a parameter names.
    ///
    /// - Throws: `APIError` 400 `resource_missing`, naming the parameter.
    func named(_ id: String, param: String) throws(APIError) -> Row {
        guard let row = rows[id] else { throw .noSuch(Row.noun, id, param: param, status: 400) }
        return row
    }
}

extension Table: Persistent {
    init(stored values: [Stored<Row>]) {
        self.init()
        for stored in values { insert(stored.value) }
        made = values.last?.place ?? 0
    }
}
