import CSndFile
import Foundation
package import Telephony

/// Audio read from a file, a channel at a time.
package struct AudioFile: Sendable {
    /// What a file may be.
    package enum Limits {
        package static let sampleRates = 8_000...48_000
        package static let channels = 1...2
        /// Six hours.
        package static let seconds = 21_600
    }

    package let channels: [PCMAudio]

    /// The caller: the only channel, or the left one.
    package var caller: PCMAudio { channels[0] }

    /// Reads a file that libsndfile knows: WAV with PCM, mu-law or A-law, FLAC, Ogg and more.
    ///
    /// - Throws: ``AudioFileError`` when it is not there, no audio, empty, cut off, of a rate outside 8 to 48 kHz, or of
    ///   more than two channels.
    package static func read(_ path: String) throws(AudioFileError) -> AudioFile {
        try checkFile(path)
        var info = SF_INFO()
        guard let file = sf_open(path, Int32(SFM_READ), &info) else {
            let reason = String(cString: sf_strerror(nil))
            throw AudioFileError(path, "is no audio file that can be read (\(reason)); give a WAV file")
        }
        return try read(file, info, path)
    }

    /// Reads what an open handle gives, and closes it.
    static func read(_ file: OpaquePointer, _ info: SF_INFO, _ path: String) throws(AudioFileError) -> AudioFile {
        defer { sf_close(file) }
        try check(info, path)
        let channelCount = Int(info.channels)
        var interleaved = [Int16](repeating: 0, count: Int(info.frames) * channelCount)
        // Floating-point files are scaled to 16 bits; without this libsndfile takes 1.0 for one step.
        sf_command(file, Int32(SFC_SET_SCALE_FLOAT_INT_READ), nil, Int32(SF_TRUE))
        let frames = interleaved.withUnsafeMutableBufferPointer { buffer in
            sf_readf_short(file, buffer.baseAddress, info.frames)
        }
        guard frames == info.frames else {
            throw AudioFileError(path, "breaks off after \(frames) of \(info.frames) samples; copy it again")
        }
        let channels = (0..<channelCount).map { channel in
            PCMAudio(
                sampleRate: Int(info.samplerate),
                samples: stride(from: channel, to: interleaved.count, by: channelCount).map { interleaved[$0] })
        }
        return AudioFile(channels: channels)
    }

    /// Reads standard input to its end and takes it for a file.
    ///
    /// - Throws: ``AudioFileError`` as ``read(_:)`` does.
    package static func readStandardInput() throws(AudioFileError) -> AudioFile {
        let data = FileHandle.standardInput.readDataToEndOfFile()
        // libsndfile seeks, which a pipe does not.
        let copy = FileManager.default.temporaryDirectory.appending(path: "parley-\(UUID().uuidString)").path
        guard FileManager.default.createFile(atPath: copy, contents: data) else {
            throw AudioFileError("standard input", "cannot be kept for reading; check the temporary folder")
        }
        defer { try? FileManager.default.removeItem(atPath: copy) }
        do {
            return try read(copy)
        } catch {
            throw AudioFileError("standard input", error.problem)
        }
    }

    private static func checkFile(_ path: String) throws(AudioFileError) {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
            throw AudioFileError(path, "there is no such file")
        }
        if isFolder.boolValue { throw AudioFileError(path, "is a folder, not an audio file") }
        guard let handle = FileHandle(forReadingAtPath: path) else {
            throw AudioFileError(path, "cannot be opened; check its permissions")
        }
        defer { try? handle.close() }
        let head = (try? handle.read(upToCount: 12)) ?? Data()
        if head.isEmpty { throw AudioFileError(path, "is empty") }
        try checkLength(head, handle, path)
    }

    /// A RIFF header says how long the file is; libsndfile reads what is there and says nothing.
    private static func checkLength(_ head: Data, _ handle: FileHandle, _ path: String) throws(AudioFileError) {
        guard head.count == 12, head.prefix(4) == Data("RIFF".utf8) else { return }
        let bytes = [UInt8](head)
        let claimed = UInt64(bytes[4]) | UInt64(bytes[5]) << 8 | UInt64(bytes[6]) << 16 | UInt64(bytes[7]) << 24
        let length = (try? handle.seekToEnd()) ?? 0
        // Writers that stream leave the length at zero or at its maximum.
        guard claimed != 0, claimed < 0xFFFF_FF00, length + 1 < claimed + 8 else { return }
        throw AudioFileError(path, "is cut off: its header says \(claimed + 8) octets, it has \(length); copy it again")
    }

    private static func check(_ info: SF_INFO, _ path: String) throws(AudioFileError) {
        guard Limits.channels.contains(Int(info.channels)) else {
            throw AudioFileError(
                path, "has \(info.channels) channels; give mono, or stereo with the caller on the left")
        }
        guard Limits.sampleRates.contains(Int(info.samplerate)) else {
            throw AudioFileError(
                path, "has a sample rate of \(info.samplerate) Hz; give 8000, 16000 or 48000 Hz (8 to 48 kHz)")
        }
        guard info.frames > 0 else { throw AudioFileError(path, AudioFileError.isEmpty) }
        guard info.frames <= Int64(info.samplerate) * Int64(Limits.seconds) else {
            throw AudioFileError(path, "is longer than six hours; cut it into calls")
        }
    }
}

/// What is wrong with an audio file.
package struct AudioFileError: Error, CustomStringConvertible, Sendable {
    package let path: String
    package let problem: String
    /// The problem of a file that has a header and nothing behind it.
    package static let isEmpty = "holds no samples"

    package init(_ path: String, _ problem: String) {
        self.path = path
        self.problem = problem
    }

    package var description: String { "\(path): \(problem)" }
}
