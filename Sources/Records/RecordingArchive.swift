package import AudioFiles
import Crypto
import Foundation
package import Telephony

/// The recordings of calls at rest: encoded, encrypted, checksummed, and gone when their time is over.
package struct RecordingArchive: Sendable {
    /// The rule by which recordings are kept.
    package struct Policy: Sendable {
        package var format = RecordingFormat.wav
        package var channels = RecordingChannels.separate
        /// `nil` leaves recordings in the clear.
        package var key: RecordingKey?
        /// How long they are kept; `nil` for ever.
        package var retention: Interval?
        package var names = Names.digests
        package init() {}
    }

    /// What recordings' files are called.
    package enum Names: Sendable {
        /// A digest of the call's identifier: the store knows which is whose.
        case digests
        /// The call's identifier, where no store does.
        case calls
    }

    let folder: String
    let policy: Policy

    /// - Parameter folder: made when the first recording comes.
    package init(folder: String, policy: Policy) {
        self.folder = folder
        self.policy = policy
    }

    /// Keeps a recording, whole or not at all: under a name of its own until it is on the disk, then in the store.
    ///
    /// - Parameters:
    ///   - channels: one list of samples a channel, all of the same length; the caller first.
    ///   - track: which of the call's recordings it is.
    ///   - name: of the file, without its suffix; a digest of the call's identifier when left out.
    ///   - store: where it is registered; `nil` where there is none.
    /// - Throws: ``RecordsError``.
    @discardableResult
    package func keep(
        _ channels: [[Int16]], sampleRate: Int, of call: CallID, _ track: RecordingTrack = .call,
        named name: String? = nil, at now: WallTime, in store: (any ContextStore)?
    ) throws(RecordsError) -> RecordingEntry {
        let channels = policy.channels == .mixed ? RecordingArchive.mixed(channels) : channels
        var octets: Data
        do {
            octets = try AudioEncoding.encode(channels, sampleRate: sampleRate, as: policy.format)
        } catch {
            throw RecordsError("\(call): the recording cannot be encoded: \(error.problem)")
        }
        if let key = policy.key { octets = try SealedFile.seal(octets, with: key) }
        let path = path(of: call, track, named: name)
        try write(octets, to: path)
        let entry = RecordingEntry(
            call: call, path: path, mediaType: policy.format.mediaType, isEncrypted: policy.key != nil,
            checksum: RecordingArchive.checksum(octets), byteCount: octets.count,
            duration: Double(channels.first?.count ?? 0) / Double(sampleRate), createdAt: now,
            keptUntil: policy.retention.map { now + $0 }, channelCount: channels.count,
            track: track.leg == nil ? nil : track)
        try store?.addRecording(entry)
        return entry
    }

    /// The sum of channels, on one.
    private static func mixed(_ channels: [[Int16]]) -> [[Int16]] {
        guard let first = channels.first, channels.count > 1 else { return channels }
        var sum = first.map { Int32($0) }
        for channel in channels.dropFirst() {
            for index in 0..<min(sum.count, channel.count) { sum[index] &+= Int32(channel[index]) }
        }
        return [sum.map { Int16(clamping: $0) }]
    }

    /// A call's identifier may come from outside; a digest of it is a file's name wherever files are.
    private func path(of call: CallID, _ track: RecordingTrack, named name: String?) -> String {
        let digest = SHA256.hash(data: Data(call.rawValue.utf8)).prefix(12).map { String(format: "%02x", $0) }.joined()
        let own = policy.names == .calls ? RunningRecording.fileName(of: call, .call, suffix: "") : digest
        return "\(folder)/\(name ?? own)\(track.part).\(policy.format.rawValue)" + (policy.key == nil ? "" : ".sealed")
    }

    private func write(_ octets: Data, to path: String) throws(RecordsError) {
        do {
            try FileManager.default.createDirectory(
                atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
            try octets.write(to: URL(filePath: path), options: .atomic)
            try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
        } catch {
            throw RecordsError("\(path): the recording cannot be written: \(error.localizedDescription)")
        }
    }

    static func checksum(_ octets: Data) -> String {
        SHA256.hash(data: octets).map { String(format: "%02x", $0) }.joined()
    }

    /// The recording of a call, or of one of its further parties, in the clear; `nil` when there is none.
    ///
    /// - Throws: ``RecordsError`` when it is not as it was written, or the key is another.
    package func recording(
        of call: CallID, leg: LegID? = nil, in store: any ContextStore
    ) throws(RecordsError) -> CallRecord.Recording? {
        guard let entry = try store.recordings(of: call).first(where: { $0.track?.leg == leg }) else { return nil }
        return try read(entry)
    }

    /// All recordings of a call in the clear, the call's own first.
    ///
    /// - Throws: ``RecordsError``.
    package func recordings(
        of call: CallID, in store: any ContextStore
    ) throws(RecordsError) -> [CallRecord.Recording] {
        var recordings: [CallRecord.Recording] = []
        for entry in try store.recordings(of: call) { recordings.append(try read(entry)) }
        return recordings.sorted { ($0.track.leg ?? .caller) < ($1.track.leg ?? .caller) }
    }

    private func read(_ entry: RecordingEntry) throws(RecordsError) -> CallRecord.Recording {
        let call = entry.call
        guard let octets = FileManager.default.contents(atPath: entry.path) else {
            throw RecordsError("\(entry.path): the recording of \(call) is not there any more")
        }
        guard RecordingArchive.checksum(octets) == entry.checksum else {
            throw RecordsError("\(entry.path): the recording of \(call) was changed: its checksum is another")
        }
        var plain = octets
        if entry.isEncrypted {
            guard let key = policy.key else {
                throw RecordsError("\(entry.path): the recording of \(call) is encrypted; give its key")
            }
            plain = try SealedFile.open(octets, with: key)
        }
        let suffix = entry.mediaType == RecordingFormat.wav.mediaType ? "wav" : "opus"
        let track = entry.track ?? .call
        return CallRecord.Recording(
            data: plain, mediaType: entry.mediaType, filename: "\(call)\(track.part).\(suffix)",
            channelCount: entry.channelCount ?? 2, duration: entry.duration, track: track)
    }

    /// Removes the recordings of calls, file and entry. Needs no key.
    ///
    /// - Returns: how many.
    package static func remove(_ calls: [CallID], from store: any ContextStore) throws(RecordsError) -> Int {
        var count = 0
        for call in calls {
            for entry in try store.recordings(of: call) {
                try remove(entry, from: store)
                count += 1
            }
        }
        return count
    }

    /// Removes the recordings whose time is over, and notes it in the audit log.
    package static func expire(
        at now: WallTime, in store: any ContextStore, who: String
    ) throws(RecordsError) -> [CallID] {
        let expired = try store.recordings(expiredAt: now)
        guard !expired.isEmpty else { return [] }
        for entry in expired { try remove(entry, from: store) }
        let calls = expired.map(\.call)
        try store.audit(
            AuditAction(
                at: now, who: who, kind: .expireRecording, calls: calls,
                detail: "\(calls.count) recordings removed by the rule of retention"))
        return calls
    }

    private static func remove(_ entry: RecordingEntry, from store: any ContextStore) throws(RecordsError) {
        if unlink(entry.path) != 0, errno != ENOENT {
            throw RecordsError("\(entry.path): the recording cannot be removed: \(String(cString: strerror(errno)))")
        }
        try store.removeRecording(entry.path)
    }
}

extension RecordingTrack {
    /// What the name of a file says of it.
    fileprivate var part: String { leg.map { "-leg\($0.rawValue)" } ?? "" }
}
