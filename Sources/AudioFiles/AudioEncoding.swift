import CSndFile
package import Foundation
import Telephony

/// The forms in which recordings are kept.
package enum RecordingFormat: String, Sendable, CaseIterable {
    /// 16-bit WAV.
    case wav
    /// Opus in Ogg (RFC 7845), about a tenth of it.
    case opus

    package var mediaType: String {
        switch self {
        case .wav: "audio/x-wav"
        case .opus: "audio/ogg; codecs=opus"
        }
    }

    fileprivate var format: Int {
        switch self {
        case .wav: SF_FORMAT_WAV | SF_FORMAT_PCM_16
        case .opus: SF_FORMAT_OGG | SF_FORMAT_OPUS
        }
    }
}

/// What of a call is on which channel of its recording.
package enum RecordingChannels: String, Sendable, CaseIterable {
    /// The caller left, what the caller hears right.
    case separate
    /// Both on one.
    case mixed
    /// As ``separate``; and each further party on a recording of its own.
    case legs
}

/// Audio files in memory: nothing of them touches the disk.
package enum AudioEncoding {
    /// The octets of a file with one list of samples a channel.
    ///
    /// - Parameter sampleRate: for Opus 8,000, 12,000, 16,000, 24,000 or 48,000.
    /// - Throws: ``AudioFileError``.
    package static func encode(
        _ channels: [[Int16]], sampleRate: Int, as format: RecordingFormat
    ) throws(AudioFileError) -> Data {
        let memory = MemoryFile(Data())
        var info = SF_INFO()
        info.samplerate = Int32(sampleRate)
        info.channels = Int32(channels.count)
        info.format = Int32(format.format)
        guard let file = memory.open(SFM_WRITE, &info) else {
            throw AudioFileError("recording", "cannot be encoded (\(String(cString: sf_strerror(nil))))")
        }
        let count = channels.map(\.count).min() ?? 0
        var interleaved: [Int16] = []
        interleaved.reserveCapacity(count * channels.count)
        for index in 0..<count {
            for channel in channels { interleaved.append(channel[index]) }
        }
        let written = interleaved.withUnsafeBufferPointer { sf_writef_short(file, $0.baseAddress, sf_count_t(count)) }
        guard sf_close(file) == 0, written == count else {
            throw AudioFileError("recording", "cannot be encoded whole")
        }
        return memory.octets
    }

    /// Reads a file that lies in memory.
    ///
    /// - Throws: ``AudioFileError``, under the given name.
    package static func decode(_ octets: Data, name: String) throws(AudioFileError) -> AudioFile {
        let memory = MemoryFile(octets)
        var info = SF_INFO()
        guard let file = memory.open(SFM_READ, &info) else {
            throw AudioFileError(name, "is no audio that can be read (\(String(cString: sf_strerror(nil))))")
        }
        defer { withExtendedLifetime(memory) {} }
        return try AudioFile.read(file, info, name)
    }
}

/// Octets that libsndfile reads and writes like a file.
private final class MemoryFile {
    fileprivate(set) var octets: Data
    fileprivate var position = 0

    init(_ octets: Data) { self.octets = octets.startIndex == 0 ? octets : Data(octets) }

    /// The object outlives the handle, because whoever opened it closes the handle before it lets go of the object.
    func open(_ mode: Int, _ info: inout SF_INFO) -> OpaquePointer? {
        var io = SF_VIRTUAL_IO(
            get_filelen: { sf_count_t(MemoryFile.at($0).octets.count) },
            seek: { offset, whence, user in MemoryFile.at(user).seek(Int(offset), Int(whence)) },
            read: { pointer, count, user in MemoryFile.at(user).read(pointer, Int(count)) },
            write: { pointer, count, user in MemoryFile.at(user).write(pointer, Int(count)) },
            tell: { sf_count_t(MemoryFile.at($0).position) })
        return sf_open_virtual(&io, Int32(mode), &info, Unmanaged.passUnretained(self).toOpaque())
    }

    private static func at(_ user: UnsafeMutableRawPointer?) -> MemoryFile {
        guard let user else { return MemoryFile(Data()) }
        return Unmanaged<MemoryFile>.fromOpaque(user).takeUnretainedValue()
    }

    private func seek(_ offset: Int, _ whence: Int) -> sf_count_t {
        let origin = whence == SEEK_SET ? 0 : whence == SEEK_CUR ? position : octets.count
        let (sum, overflow) = origin.addingReportingOverflow(offset)
        guard !overflow, sum >= 0, sum <= 1 << 32 else { return -1 }
        position = sum
        return sf_count_t(position)
    }

    private func read(_ pointer: UnsafeMutableRawPointer?, _ count: Int) -> sf_count_t {
        guard let pointer, count > 0, position < octets.count else { return 0 }
        let length = min(count, octets.count - position)
        octets.copyBytes(
            to: pointer.assumingMemoryBound(to: UInt8.self), from: position..<position + length)
        position += length
        return sf_count_t(length)
    }

    private func write(_ pointer: UnsafeRawPointer?, _ count: Int) -> sf_count_t {
        guard let pointer, count > 0 else { return 0 }
        if position > octets.count { octets.append(Data(count: position - octets.count)) }
        let overlap = min(count, octets.count - position)
        octets.replaceSubrange(position..<position + overlap, with: pointer, count: count)
        position += count
        return sf_count_t(count)
    }
}
