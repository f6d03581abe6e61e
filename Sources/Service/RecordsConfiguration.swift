package import AudioFiles
import Connectors
import Documents
import Records
import Synchronization
package import Telephony

/// What a service keeps of its calls, and who is told of them.
package struct RecordsConfiguration: Sendable, Equatable {
    /// The store of call contexts: a SQLite file or an address of PostgreSQL.
    package var store: String?
    /// The folder of recordings; nothing is recorded without it.
    package var recordings: String?
    package var format = RecordingFormat.wav
    package var channels = RecordingChannels.separate
    /// The key of recordings at rest, `env:NAME` or `file:PATH`; they are in the clear without it.
    package var key: String?
    /// How long recordings are kept; `nil` for ever.
    package var retention: Interval?
    /// The file of connectors.
    package var connectors: String?

    package init() {}
}

/// The records of a service, ready to be written.
struct ServiceRecords: Sendable {
    /// `nil` where nothing is stored.
    let records: LiveRecords?
    /// `nil` where nothing is recorded.
    let recordings: LiveRecordings?
    let archive: RecordingArchive?
    /// How callers are looked up; `nil` where nobody is.
    var search: CallerSearch? { searching.search }
    /// Who is asked where callers go; `nil` where nobody is.
    var router: CallRouter? { searching.router }
    private let searching: Searching

    /// Who is asked, for as long as nothing else is read.
    private final class Searching: Sendable {
        private struct Current {
            var search: CallerSearch?
            var router: CallRouter?
        }

        private let current = Mutex(Current())
        init(_ reading: ConnectorFile.Reading?) { set(reading?.search, reading?.router) }
        var search: CallerSearch? { current.withLock { $0.search } }
        var router: CallRouter? { current.withLock { $0.router } }
        func set(_ search: CallerSearch?, _ router: CallRouter?) {
            current.withLock { $0 = Current(search: search, router: router) }
        }
    }

    /// Opens the store, reads the connectors, makes the folder of recordings.
    ///
    /// - Throws: ``ServiceError`` or `RecordsError`.
    init(_ configuration: RecordsConfiguration) throws {
        let connectors = try configuration.connectors.map { try ServiceRecords.connectors(at: $0) }
        let archive = try ServiceRecords.archive(configuration)
        self.archive = archive
        searching = Searching(connectors)
        guard let store = configuration.store else {
            records = nil
            recordings = try archive.map { try LiveRecordings($0, store: nil) }
            return
        }
        var settings = LiveRecords.Settings(store: store, node: NodeName.current)
        settings.destinations = connectors?.destinations ?? []
        settings.subscribers = connectors?.subscribers ?? []
        settings.archive = archive
        let records = try LiveRecords(settings)
        self.records = records
        recordings = records.recordings
    }

    /// Reads the connectors again. Store and recordings stay where they are.
    ///
    /// - Returns: what takes them into force.
    /// - Throws: ``ServiceError`` when there is a mistake in them; then nothing changes.
    func reread(_ configuration: RecordsConfiguration) throws -> @Sendable () -> Void {
        let connectors = try configuration.connectors.map { try ServiceRecords.connectors(at: $0) }
        let (destinations, subscribers) = (connectors?.destinations ?? [], connectors?.subscribers ?? [])
        let (search, router) = (connectors?.search, connectors?.router)
        return { [records, searching] in
            records?.connect(destinations, subscribers)
            searching.set(search, router)
        }
    }

    /// Why something is not written at the moment; `nil` when all is well.
    var problem: RecordsError? { records?.problem ?? recordings?.problem }

    /// Writes what there is and ends.
    ///
    /// - Returns: why something was lost; `nil` when nothing was.
    func finish() -> RecordsError? {
        guard let records else { return recordings?.stop() }
        return records.finish()
    }

    static func read(connectors path: String) -> ConnectorFile.Reading { ConnectorFile.read(path) }

    private static func connectors(at path: String) throws -> ConnectorFile.Reading {
        let reading = read(connectors: path)
        let errors = reading.diagnostics.filter { $0.severity == .error }
        guard errors.isEmpty else { throw ServiceError(errors.map(\.description).joined(separator: "\n")) }
        return reading
    }

    private static func archive(_ configuration: RecordsConfiguration) throws -> RecordingArchive? {
        guard let folder = configuration.recordings else { return nil }
        var policy = RecordingArchive.Policy()
        policy.format = configuration.format
        policy.channels = configuration.channels
        policy.key = try configuration.key.map { try RecordingKey(from: $0) }
        policy.retention = configuration.retention
        policy.names = configuration.store == nil ? .calls : .digests
        return RecordingArchive(folder: folder, policy: policy)
    }
}
