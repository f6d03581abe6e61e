import AudioFiles
import CallControl
import Foundation
import Synchronization
import Telephony

/// A folder of stereo WAVs, one a call: the caller left, Parley right.
final class RecordingFolder: Sendable {
    private let path: String
    private let writers = Mutex<[CallID: AudioFileWriter]>([:])

    /// - Throws: ``ServiceError`` when the folder cannot be made.
    init(_ path: String) throws(ServiceError) {
        self.path = path
        do {
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        } catch {
            throw ServiceError("\(path): the folder for recordings cannot be made: \(error.localizedDescription)")
        }
    }

    /// Writes a stretch of a call.
    ///
    /// - Returns: why it could not be written.
    func write(_ audio: RecordedAudio, of call: CallID) -> (any Error)? {
        writers.withLock { writers in
            do {
                let writer =
                    try writers[call]
                    ?? AudioFileWriter(path: "\(path)/\(call).wav", sampleRate: audio.sampleRate, channelCount: 2)
                writers[call] = writer
                try writer.write([audio.caller, audio.parley])
                return nil
            } catch { return error }
        }
    }

    /// A call is over: its file is closed.
    func finish(_ call: CallID) {
        writers.withLock { writers in
            guard let writer = writers.removeValue(forKey: call) else { return }
            try? writer.finish()
        }
    }
}
