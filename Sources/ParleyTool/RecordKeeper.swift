import ArgumentParser
import AudioFiles
import CallControl
import Connectors
import Documents
import Foundation
import Records
import Replay
import Service
import Telephony

/// What a command keeps of the calls it runs, and how.
struct RecordOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Write a recording of each call to this folder.", valueName: "folder"))
    var record: String?

    @Option(help: "The form of recordings: wav or opus.")
    var recordFormat: RecordingFormat = .wav

    @Option(
        help: ArgumentHelp(
            "separate: the caller left, what the caller hears right; mixed: both on one channel; "
                + "legs: as separate, and each further party in a file of its own.", valueName: "form"))
    var recordChannels: RecordingChannels = .separate

    @Option(
        help: ArgumentHelp(
            "Encrypt recordings with this key, 64 hexadecimal digits at env:NAME or file:PATH. Needs --store.",
            valueName: "place"))
    var recordKey: String?

    @Option(help: ArgumentHelp("Let recordings go after so many days. Needs --store.", valueName: "days"))
    var recordDays: Int?

    @Option(
        help: ArgumentHelp(
            "Keep facts and call contexts in this SQLite file, or in postgresql://USER@HOST/NAME.", valueName: "store"))
    var store: String?

    @Option(
        help: ArgumentHelp(
            "Put each context into the outbox of the store, for the connectors of this file.", valueName: "file"))
    var connectors: String?

    func validate() throws {
        guard store == nil else { return }
        if recordKey != nil { throw ValidationError("--record-key needs --store, which knows what is encrypted") }
        if recordDays != nil { throw ValidationError("--record-days needs --store, which knows when") }
        if connectors != nil { throw ValidationError("--connectors needs --store, which holds the outbox") }
    }
}

extension RecordingFormat: ExpressibleByArgument {}
extension RecordingChannels: ExpressibleByArgument {}

/// Keeps the records of replayed calls.
struct RecordKeeper {
    let store: (any ContextStore)?
    let subscriptions: [OutboxSubscription]
    private let archive: RecordingArchive?
    /// Where plain recordings go, a file a call under the call's name.
    private let folder: String?
    private let policy: RecordingArchive.Policy
    private let isSealed: Bool

    init(_ options: RecordOptions = RecordOptions.none) throws {
        store = try options.store.map { try StoreAddress.open($0, creates: true) }
        subscriptions =
            try options.connectors.map { try ConnectorFile.destinations(at: $0).map(\.subscription) } ?? []
        folder = options.record
        isSealed = options.recordKey != nil
        if let folder = options.record {
            do {
                try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            } catch {
                throw CommandError(
                    description: "\(folder): the folder for recordings cannot be made: \(error.localizedDescription)")
            }
        }
        var policy = RecordingArchive.Policy()
        policy.format = options.recordFormat
        policy.channels = options.recordChannels
        policy.key = try options.recordKey.map { try RecordingKey(from: $0) }
        policy.retention = options.recordDays.map { .seconds(Int64($0) * 86_400) }
        self.policy = policy
        archive = options.record.map { RecordingArchive(folder: $0, policy: policy) }
    }

    var recordsAudio: Bool { folder != nil }
    var recordsLegs: Bool { policy.channels == .legs }

    /// Where a plain recording of a call is written while the call runs; `nil` when it is kept as a whole afterwards.
    func streamedPath(of name: String) -> String? {
        guard let folder, store == nil, policy.format == .wav, policy.channels != .mixed else { return nil }
        return "\(folder)/\(name).wav"
    }

    /// Keeps what came of a call. A call that was replayed before is kept anew.
    func keep(_ result: ReplayResult, name: String, _ recordings: [RecordedAudio]) throws {
        try keep(result.events, result.context, name: name, recordings)
    }

    func keep(_ events: [CallEvent], _ context: CallContext, name: String, _ recordings: [RecordedAudio]) throws {
        let call = context.call
        if let store {
            if try store.record(of: call) != nil { try store.erase([call]) }
            try store.write(
                RecordBatch(
                    facts: events, sealed: [context], subscriptions: subscriptions, now: .current()))
        }
        guard let archive else { return }
        // A name says what is in a file; who may not read the file shall not read that either.
        for recording in recordings {
            try archive.keep(
                recording.channels, sampleRate: recording.sampleRate, of: call, recording.track,
                named: isSealed ? nil : name, at: .current(), in: store)
        }
    }
}

extension RecordOptions {
    /// The same for a service.
    var configuration: RecordsConfiguration {
        var configuration = RecordsConfiguration()
        configuration.store = store
        configuration.recordings = record
        configuration.format = recordFormat
        configuration.channels = recordChannels
        configuration.key = recordKey
        configuration.retention = recordDays.map { .seconds(Int64($0) * 86_400) }
        configuration.connectors = connectors
        return configuration
    }

    /// Nothing is kept.
    static var none: RecordOptions { (try? RecordOptions.parse([])) ?? RecordOptions() }
}

extension ConnectorFile {
    /// The connectors of a file; its mistakes as an error.
    static func destinations(
        at path: String, readsSecrets: Bool = true
    ) throws -> [any DeliveryDestination] {
        let reading = read(path, readsSecrets: readsSecrets)
        let errors = reading.diagnostics.filter { $0.severity == .error }
        guard errors.isEmpty else {
            throw CommandError(description: errors.map(\.description).joined(separator: "\n"))
        }
        return reading.destinations
    }
}
