import Foundation
import Synchronization
package import Telephony

/// The recordings of running calls: taken from the service lane, written behind its back, kept in the archive when the
/// call is over.
///
/// A disk without room holds nothing up: what is to be written waits, and ``problem`` says so.
package final class LiveRecordings: Sendable {
    private enum Piece: Sendable {
        case audio(CallID, RecordingTrack, sampleRate: Int, channels: [[Int16]])
        case end(CallID)
    }

    private struct Inbox {
        var pieces: [Piece] = []
        var isStopping = false
        var problem: RecordsError?
    }

    private let archive: RecordingArchive
    private let store: (any ContextStore)?
    private let clock: @Sendable () -> WallTime
    private let inbox = Mutex(Inbox())
    private let wake = DispatchSemaphore(value: 0)
    private let stopped = DispatchSemaphore(value: 0)

    /// The calls whose recordings a crash had cut off and that are kept now, and what could not be kept of others.
    package let recovered: (calls: [CallID], problems: [RecordsError])

    /// Makes the archive's folder, and keeps what a crashed process left in it.
    ///
    /// - Parameter store: where recordings are registered; `nil` where there is none.
    /// - Throws: ``RecordsError``.
    package init(
        _ archive: RecordingArchive, store: (any ContextStore)?,
        clock: @escaping @Sendable () -> WallTime = WallTime.current
    ) throws(RecordsError) {
        self.archive = archive
        self.store = store
        self.clock = clock
        try archive.makeFolder()
        recovered = archive.recover(in: store)
        let thread = Thread { [self] in run() }
        thread.name = "recordings"
        thread.start()
    }

    /// Takes a stretch of one of a call's recordings, all channels of the same length.
    ///
    /// - Parameter track: which of them; its time counts when the recording begins.
    package func append(_ channels: [[Int16]], sampleRate: Int, of call: CallID, _ track: RecordingTrack = .call) {
        inbox.withLock { $0.pieces.append(.audio(call, track, sampleRate: sampleRate, channels: channels)) }
    }

    /// The call is over.
    package func finish(_ call: CallID) { inbox.withLock { $0.pieces.append(.end(call)) } }

    /// Why recordings are not written at the moment; `nil` when all is well.
    package var problem: RecordsError? { inbox.withLock { $0.problem } }

    /// Writes what there is, ends and waits for it. What the disk does not take stays in the folder, as after a crash.
    @discardableResult
    package func stop() -> RecordsError? {
        inbox.withLock { $0.isStopping = true }
        wake.signal()
        stopped.wait()
        // Whoever asks again has the same answer at once.
        stopped.signal()
        return problem
    }

    /// The files of a thread's own.
    private struct Files {
        /// Of each running call, in the order in which they began.
        var running: [CallID: [RunningRecording]] = [:]
        /// Calls that are over, in order, whose recordings are to be kept.
        var over: [RunningRecording] = []
        /// Until when nothing is kept, because the last try failed.
        var pausesUntil = WallTime(millisecondsSince1970: 0)
        var problem: RecordsError?
    }

    private func run() {
        var files = Files()
        while true {
            _ = wake.wait(timeout: .now() + .milliseconds(100))
            let (pieces, isStopping) = inbox.withLock { inbox in
                defer { inbox.pieces = [] }
                return (inbox.pieces, inbox.isStopping)
            }
            if files.over.isEmpty { files.problem = nil }
            for piece in pieces { take(piece, &files) }
            flush(&files)
            keepFinished(&files)
            inbox.withLock { $0.problem = files.problem }
            if isStopping { break }
        }
        // The files are let go of before anybody is told: who comes next may open them.
        files = Files()
        stopped.signal()
    }

    private func take(_ piece: Piece, _ files: inout Files) {
        switch piece {
        case .audio(let call, let track, let sampleRate, let channels):
            if let file = files.running[call]?.first(where: { $0.track.leg == track.leg }) {
                return file.append(channels)
            }
            let file = archive.begin(call, track, sampleRate: sampleRate, at: clock())
            files.running[call, default: []].append(file)
            file.append(channels)
        case .end(let call): files.over += files.running.removeValue(forKey: call) ?? []
        }
    }

    private func flush(_ files: inout Files) {
        for file in files.running.values.joined() {
            do throws(RecordsError) { try file.flush() } catch { files.problem = error }
        }
    }

    private func keepFinished(_ files: inout Files) {
        guard !files.over.isEmpty, clock() >= files.pausesUntil else { return }
        files.problem = nil
        var left: [RunningRecording] = []
        for file in files.over {
            do throws(RecordsError) {
                try file.flush()
                try archive.keep(file, in: store)
            } catch {
                files.problem = error
                left.append(file)
            }
        }
        files.over = left
        if !left.isEmpty { files.pausesUntil = clock() + .seconds(2) }
    }
}

extension RecordingArchive {
    func makeFolder() throws(RecordsError) {
        do {
            try FileManager.default.createDirectory(
                atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch {
            throw RecordsError("\(folder): the folder for recordings cannot be made: \(error.localizedDescription)")
        }
    }

    func begin(_ call: CallID, _ track: RecordingTrack, sampleRate: Int, at now: WallTime) -> RunningRecording {
        RunningRecording(of: call, track, in: folder, sampleRate: sampleRate, key: policy.key, at: now)
    }

    /// Keeps the recording of a call that is over.
    func keep(_ running: RunningRecording, in store: (any ContextStore)?) throws(RecordsError) {
        try keep(LeftRecording(at: running.path, key: policy.key), startedAt: running.startedAt, in: store)
    }

    private func keep(
        _ left: LeftRecording, startedAt: WallTime, in store: (any ContextStore)?
    ) throws(RecordsError) {
        try keep(left.channels, sampleRate: left.sampleRate, of: left.call, left.track, at: startedAt, in: store)
        unlink(left.path)
    }

    /// Keeps the recordings that a process left behind that is gone; those of processes that run are let be.
    ///
    /// - Returns: the calls whose recordings were kept, and what could not be kept.
    func recover(in store: (any ContextStore)?) -> (calls: [CallID], problems: [RecordsError]) {
        var calls: [CallID] = []
        var problems: [RecordsError] = []
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        for name in names.sorted() where name.hasSuffix(RunningRecording.suffix) {
            let path = "\(folder)/\(name)"
            let descriptor = open(path, O_RDWR | O_CLOEXEC)
            guard descriptor >= 0 else { continue }
            defer { close(descriptor) }
            guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else { continue }
            var status = stat()
            fstat(descriptor, &status)
            do throws(RecordsError) {
                let left = try LeftRecording(at: path, key: policy.key)
                let duration = Double(left.channels.first?.count ?? 0) / Double(left.sampleRate)
                let end = Double(status.st_mtim.tv_sec)
                let start = WallTime(millisecondsSince1970: Int64((end - duration) * 1_000))
                try keep(left, startedAt: start, in: store)
                if !calls.contains(left.call) { calls.append(left.call) }
            } catch {
                problems.append(error)
            }
        }
        return (calls, problems)
    }
}
