/// Where a store is: a file of SQLite, or a database of PostgreSQL that several nodes share.
package enum StoreAddress {
    package static func isShared(_ address: String) -> Bool {
        address.hasPrefix("postgresql://") || address.hasPrefix("postgres://")
    }

    /// Opens a store.
    ///
    /// - Parameter creates: whether a file that is not there is made.
    /// - Throws: ``RecordsError``.
    package static func open(_ address: String, creates: Bool) throws(RecordsError) -> any ContextStore {
        if isShared(address) { return try PostgresStore(address) }
        return try SQLiteStore(path: address, creates: creates)
    }
}
