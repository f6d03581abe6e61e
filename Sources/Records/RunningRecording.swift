import Foundation
import Telephony

/// The recording of a call that still runs, on the disk: what was written before a crash can be read.
///
/// In the clear it is a WAV whose header is true after every write. With a key it is a ``SealedFile`` of the rate
/// (4 octets, little-endian) and the samples. While the disk has no room, samples wait in memory, at most
/// ``pendingLimit`` octets of them; what comes after is silence of the same length, so that the rest stays where it
/// belongs. The file is locked as long as the process lives: another one that finds it unlocked knows that it was
/// left behind.
final class RunningRecording {
    /// Octets of samples that wait in memory for room on the disk.
    static let pendingLimit = 8 << 20
    /// What the names of files of running calls end with.
    static let suffix = ".running"
    static let wavHeaderLength = 44

    let call: CallID
    let track: RecordingTrack
    let path: String
    let sampleRate: Int
    let startedAt: WallTime
    /// -1 until the file could be made.
    private var descriptor: Int32 = -1
    private var sealer: SealedFile.Writer?
    /// Samples that are not yet in the form in which they are written.
    private var pending = Data()
    /// Octets to be written as they are.
    private var unwritten: Data
    /// Octets of silence that stand for samples for which there was no memory.
    private var missing = 0
    /// Octets in the file, and those of them that are samples of a WAV.
    private var end = 0

    init(
        of call: CallID, _ track: RecordingTrack, in folder: String, sampleRate: Int, key: RecordingKey?,
        at now: WallTime
    ) {
        self.call = call
        self.track = track
        self.sampleRate = sampleRate
        startedAt = now
        path = "\(folder)/\(RunningRecording.fileName(of: call, track))"
        if let key {
            let writer = SealedFile.Writer(key: key)
            unwritten = writer.header
            sealer = writer
            pending = RunningRecording.littleEndian(UInt32(sampleRate))
        } else {
            unwritten = RunningRecording.wavHeader(track.channelCount, sampleRate: sampleRate, sampleOctets: 0)
        }
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    private func openFile() throws(RecordsError) {
        guard descriptor < 0 else { return }
        descriptor = open(path, O_CREAT | O_TRUNC | O_RDWR | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            let isFull = errno == ENOSPC || errno == EDQUOT
            throw RecordsError(
                "\(path): the recording cannot be begun: \(String(cString: strerror(errno)))", isDiskFull: isFull)
        }
        flock(descriptor, LOCK_EX | LOCK_NB)
    }

    /// A name from which the call's identifier can be read again, and which of its recordings it is.
    static func fileName(of call: CallID, _ track: RecordingTrack, suffix: String = suffix) -> String {
        let allowed = CharacterSet(charactersIn: "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_")
        let name = call.rawValue.addingPercentEncoding(withAllowedCharacters: allowed) ?? "call"
        guard let leg = track.leg else { return name + suffix }
        return "\(name).leg\(leg.rawValue).\(track.startsAt.nanoseconds)\(suffix)"
    }

    /// What a name says; the other way of ``fileName(of:_:suffix:)``.
    static func parts(ofFileName name: String) -> (call: CallID, track: RecordingTrack) {
        let parts = name.dropLast(suffix.count).split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        let call = CallID(parts[0].removingPercentEncoding ?? parts[0])
        guard parts.count == 3, let leg = Int(parts[1].dropFirst("leg".count)), let start = Int64(parts[2]) else {
            return (call, .call)
        }
        return (call, RecordingTrack(leg: LegID(leg), startsAt: .nanoseconds(start)))
    }

    /// Takes all sides of a stretch of the call; writes nothing yet.
    func append(_ channels: [[Int16]]) {
        let count = channels.map(\.count).min() ?? 0
        let octets = count * 2 * channels.count
        guard missing == 0, pending.count + octets <= RunningRecording.pendingLimit else {
            missing += octets
            return
        }
        pending.reserveCapacity(pending.count + octets)
        for index in 0..<count {
            for channel in channels {
                pending.append(UInt8(truncatingIfNeeded: channel[index]))
                pending.append(UInt8(truncatingIfNeeded: channel[index] >> 8))
            }
        }
    }

    /// Writes what waits.
    ///
    /// - Throws: ``RecordsError``; what was not written waits for the next time.
    func flush() throws(RecordsError) {
        try openFile()
        repeat { try writeOut() } while try encodeNext()
        guard sealer == nil, end >= RunningRecording.wavHeaderLength else { return }
        let header = RunningRecording.wavHeader(
            track.channelCount, sampleRate: sampleRate, sampleOctets: end - RunningRecording.wavHeaderLength)
        try write(header, at: 0)
    }

    /// Brings the next piece of samples into the form in which it is written; `false` when there is none.
    private func encodeNext() throws(RecordsError) -> Bool {
        if pending.isEmpty, missing > 0 {
            let count = min(missing, SealedFile.pieceLength)
            pending = Data(count: count)
            missing -= count
        }
        guard !pending.isEmpty else { return false }
        let piece = Data(pending.prefix(SealedFile.pieceLength))
        if sealer == nil {
            unwritten = piece
        } else if let sealed = try sealer?.seal(piece, isLast: false) {
            unwritten = sealed
        }
        pending = Data(pending.dropFirst(piece.count))
        return true
    }

    private func writeOut() throws(RecordsError) {
        guard !unwritten.isEmpty else { return }
        try write(unwritten, at: end)
        end += unwritten.count
        unwritten = Data()
    }

    /// Writes octets whole, or takes back what was written of them.
    private func write(_ octets: Data, at offset: Int) throws(RecordsError) {
        var done = 0
        while done < octets.count {
            let written = octets.withUnsafeBytes { buffer in
                pwrite(descriptor, buffer.baseAddress.map { $0 + done }, octets.count - done, off_t(offset + done))
            }
            if written < 0, errno == EINTR { continue }
            guard written > 0 else {
                let code = written < 0 ? errno : ENOSPC
                if offset == end { ftruncate(descriptor, off_t(end)) }
                throw RecordsError(
                    "\(path): the recording cannot be written: \(String(cString: strerror(code)))",
                    isDiskFull: code == ENOSPC || code == EDQUOT)
            }
            done += written
        }
    }

    /// The header of a WAV of 16-bit samples.
    static func wavHeader(_ channelCount: Int, sampleRate: Int, sampleOctets: Int) -> Data {
        let frame = UInt32(2 * channelCount)
        let rate = UInt32(truncatingIfNeeded: sampleRate)
        let length = UInt32(clamping: sampleOctets)
        var header = Data("RIFF".utf8) + littleEndian(length &+ 36) + Data("WAVEfmt ".utf8) + littleEndian(UInt32(16))
        header += littleEndian(UInt16(1)) + littleEndian(UInt16(channelCount)) + littleEndian(rate)
        header += littleEndian(rate &* frame) + littleEndian(UInt16(frame)) + littleEndian(UInt16(16))
        return header + Data("data".utf8) + littleEndian(length)
    }

    private static func littleEndian(_ value: some FixedWidthInteger) -> Data {
        withUnsafeBytes(of: value.littleEndian) { Data($0) }
    }
}

/// The recording of a call whose process is gone, or that is over.
struct LeftRecording {
    var call: CallID
    var track: RecordingTrack
    var path: String
    var sampleRate: Int
    /// One list of samples a channel.
    var channels: [[Int16]]
    var isSealed: Bool

    /// Reads a file that ``RunningRecording`` wrote, as far as it goes.
    ///
    /// - Throws: ``RecordsError`` when it cannot be read, or not without its key.
    init(at path: String, key: RecordingKey?) throws(RecordsError) {
        guard let octets = FileManager.default.contents(atPath: path) else {
            throw RecordsError("\(path): the recording cannot be read")
        }
        (call, track) = RunningRecording.parts(ofFileName: (path as NSString).lastPathComponent)
        self.path = path
        isSealed = octets.starts(with: SealedFile.magic)
        let rate: Data
        let samples: Data
        if isSealed {
            guard let key else { throw RecordsError("\(path): the recording is encrypted; give its key") }
            let plain = try SealedFile.open(octets, with: key, allowsCut: true)
            rate = plain.prefix(4)
            samples = plain.dropFirst(4)
        } else {
            rate = octets.dropFirst(24).prefix(4)
            samples = octets.dropFirst(RunningRecording.wavHeaderLength)
        }
        sampleRate = rate.reversed().reduce(0) { $0 << 8 | Int($1) }
        guard rate.count == 4, (8_000...192_000).contains(sampleRate) else {
            throw RecordsError("\(path): the recording breaks off before its beginning")
        }
        channels = LeftRecording.channels(Data(samples), channelCount: track.channelCount)
    }

    private static func channels(_ octets: Data, channelCount: Int) -> [[Int16]] {
        let count = octets.count / (2 * channelCount)
        var channels = [[Int16]](repeating: [], count: channelCount)
        for channel in channels.indices { channels[channel].reserveCapacity(count) }
        octets.withUnsafeBytes { buffer in
            for frame in 0..<count {
                for channel in channels.indices {
                    let offset = 2 * (frame * channelCount + channel)
                    let bits = UInt16(buffer[offset]) | UInt16(buffer[offset + 1]) << 8
                    channels[channel].append(Int16(bitPattern: bits))
                }
            }
        }
        return channels
    }
}
