import Foundation
import Synchronization
package import Telephony

/// The journals of running calls: taken from the service lane, sealed and written behind its back, a file a call.
///
/// Bounded twice: what waits for the disk is at most ``Policy/mostWaiting`` octets, beyond which a call's journal breaks
/// off and the call goes on; and the folder holds at most ``Policy/folderLimit`` octets, beyond which the oldest journals
/// go first. What was written before a crash can be read.
package final class LiveJournals: Sendable {
    /// Where journals are, and how much of them.
    package struct Policy: Sendable {
        package var folder: String
        package var key: RecordingKey
        /// Octets of all journals in the folder.
        package var folderLimit = 4 << 30
        package var mostWaiting = 64 << 20

        package init(folder: String, key: RecordingKey) {
            self.folder = folder
            self.key = key
        }
    }

    private enum Piece: Sendable {
        case octets(CallID, [UInt8])
        case end(CallID)
        /// The journal of a call breaks off here.
        case cut(CallID, [UInt8])
    }

    private struct Inbox {
        var pieces: [Piece] = []
        var octets = 0
        /// Calls whose journals have broken off.
        var lost: Set<CallID> = []
        var isStopping = false
        var problem: RecordsError?
    }

    private let policy: Policy
    private let inbox = Mutex(Inbox())
    private let wake = DispatchSemaphore(value: 0)
    private let stopped = DispatchSemaphore(value: 0)

    /// What the names of journals end with.
    package static let suffix = ".journal"

    /// Makes the folder.
    ///
    /// - Throws: ``RecordsError``.
    package init(_ policy: Policy) throws(RecordsError) {
        self.policy = policy
        do {
            try FileManager.default.createDirectory(
                atPath: policy.folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch {
            throw RecordsError(
                "\(policy.folder): the folder for journals cannot be made: \(error.localizedDescription)")
        }
        let thread = Thread { [self] in run() }
        thread.name = "journals"
        thread.start()
    }

    /// Takes whole entries of a call's journal; never waits.
    ///
    /// - Parameter cut: an entry that says that the journal breaks off, should there be no room.
    package func append(_ octets: [UInt8], of call: CallID, orElse cut: [UInt8]) {
        guard !octets.isEmpty else { return }
        inbox.withLock { inbox in
            guard !inbox.lost.contains(call) else { return }
            if inbox.octets + octets.count > policy.mostWaiting {
                inbox.lost.insert(call)
                return inbox.pieces.append(.cut(call, cut))
            }
            inbox.octets += octets.count
            inbox.pieces.append(.octets(call, octets))
        }
    }

    /// The call is over.
    package func finish(_ call: CallID) {
        inbox.withLock { inbox in
            inbox.lost.remove(call)
            inbox.pieces.append(.end(call))
        }
    }

    /// Why journals are not written at the moment; `nil` when all is well.
    package var problem: RecordsError? { inbox.withLock { $0.problem } }

    /// Writes what there is, ends and waits for it.
    @discardableResult
    package func stop() -> RecordsError? {
        inbox.withLock { $0.isStopping = true }
        wake.signal()
        stopped.wait()
        // Whoever asks again has the same answer at once.
        stopped.signal()
        return problem
    }

    // MARK: - The thread

    private func run() {
        var files: [CallID: JournalFile] = [:]
        var tidied = Date.distantPast
        while true {
            _ = wake.wait(timeout: .now() + .milliseconds(100))
            let (pieces, isStopping) = inbox.withLock { inbox in
                defer { inbox.pieces = [] }
                return (inbox.pieces, inbox.isStopping)
            }
            var problem: RecordsError?
            for piece in pieces {
                do throws(RecordsError) { try take(piece, &files) } catch { problem = error }
            }
            if !pieces.isEmpty, isStopping || Date().timeIntervalSince(tidied) > 1 {
                removeOldest(besides: files)
                tidied = Date()
            }
            inbox.withLock { [problem] in if !pieces.isEmpty { $0.problem = problem } }
            if isStopping { break }
        }
        files = [:]
        stopped.signal()
    }

    private func take(_ piece: Piece, _ files: inout [CallID: JournalFile]) throws(RecordsError) {
        switch piece {
        case .octets(let call, let octets):
            defer { inbox.withLock { $0.octets -= octets.count } }
            if files[call] == nil { files[call] = try JournalFile(of: call, policy) }
            try files[call]?.append(octets)
        case .cut(let call, let octets): try files[call]?.append(octets)
        case .end(let call): try files.removeValue(forKey: call)?.finish()
        }
    }

    /// Removes the oldest journals until the folder is as small as it may be.
    private func removeOldest(besides running: [CallID: JournalFile]) {
        let open = Set(running.values.map(\.path))
        var files: [(path: String, octets: Int, at: Date)] = []
        for name in (try? FileManager.default.contentsOfDirectory(atPath: policy.folder)) ?? []
        where name.hasSuffix(LiveJournals.suffix) {
            let path = "\(policy.folder)/\(name)"
            guard let attributes = try? FileManager.default.attributesOfItem(atPath: path) else { continue }
            files.append(
                (path, attributes[.size] as? Int ?? 0, attributes[.modificationDate] as? Date ?? .distantPast))
        }
        var total = files.reduce(0) { $0 + $1.octets }
        for file in files.sorted(by: { ($0.at, $0.path) < ($1.at, $1.path) })
        where total > policy.folderLimit && !open.contains(file.path) {
            unlink(file.path)
            total -= file.octets
        }
    }
}

/// The journal of a call that runs, on the disk.
private final class JournalFile {
    let path: String
    private let descriptor: Int32
    private var sealer: SealedFile.Writer
    private var isBroken = false

    init(of call: CallID, _ policy: LiveJournals.Policy) throws(RecordsError) {
        // Names of calls are made here, and others are no names of files.
        let name = call.rawValue.filter { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-") }
        path = "\(policy.folder)/\(name.isEmpty ? "call" : name)\(LiveJournals.suffix)"
        sealer = SealedFile.Writer(key: policy.key, form: .journal)
        descriptor = open(path, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw RecordsError("\(path): the journal cannot be written: \(String(cString: strerror(errno)))")
        }
        try write(sealer.header)
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    func append(_ octets: [UInt8]) throws(RecordsError) {
        var offset = 0
        while offset < octets.count {
            let end = min(octets.count, offset + SealedFile.pieceLength)
            try write(try sealer.seal(Data(octets[offset..<end]), isLast: false))
            offset = end
        }
    }

    func finish() throws(RecordsError) { try write(try sealer.seal(Data(), isLast: true)) }

    /// Nothing is written behind a piece that could not be: the journal breaks off there.
    private func write(_ data: Data) throws(RecordsError) {
        guard !isBroken else { return }
        let isWritten = data.withUnsafeBytes { octets in
            var offset = 0
            while offset < octets.count {
                let count = Foundation.write(
                    descriptor, octets.baseAddress?.advanced(by: offset), octets.count - offset)
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { return false }
                offset += count
            }
            return true
        }
        guard isWritten else {
            isBroken = true
            throw RecordsError("\(path): the journal breaks off: \(String(cString: strerror(errno)))")
        }
    }
}
