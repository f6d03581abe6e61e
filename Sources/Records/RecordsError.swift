import GRDB

/// Why records cannot be kept, read or sent.
package struct RecordsError: Error, CustomStringConvertible, Sendable, Equatable {
    package let description: String
    /// Whether the disk has no room: what was to be written is worth another try when there is some.
    package let isDiskFull: Bool

    package init(_ description: String, isDiskFull: Bool = false) {
        self.description = description
        self.isDiskFull = isDiskFull
    }

    init(_ path: String, _ error: any Error) {
        if let error = error as? RecordsError {
            self = error
            return
        }
        guard let error = error as? DatabaseError else {
            self.init("\(path): \(error)")
            return
        }
        let advice =
            switch error.resultCode {
            case .SQLITE_FULL: "the disk is full; make room and run it again"
            case .SQLITE_READONLY: "it is read-only; give a file that may be written"
            case .SQLITE_CANTOPEN: "it cannot be opened; check that its folder is there and may be written"
            case .SQLITE_NOTADB: "it is a file, but no store; give another name"
            case .SQLITE_CORRUPT: "it is damaged; restore it from a copy"
            case .SQLITE_BUSY, .SQLITE_LOCKED: "another process holds it; try again"
            case .SQLITE_IOERR: "the disk cannot be read or written; check it and its free space"
            default: error.message ?? "error \(error.resultCode.rawValue)"
            }
        self.init(
            "\(path): nothing was stored: \(advice)",
            isDiskFull: [.SQLITE_FULL, .SQLITE_IOERR].contains(error.resultCode))
    }
}
