import CSndFile
import Foundation

/// Writes 16-bit WAV, sample by sample, under a name of its own until it is whole.
///
/// The same samples give the same bytes: no time stamp, no peak chunk. A writer that is thrown away without
/// ``finish()`` leaves nothing behind.
package final class AudioFileWriter {
    private let path: String
    private let unfinishedPath: String
    private var file: OpaquePointer?
    private let channelCount: Int
    private var interleaved: [Int16] = []

    /// - Throws: ``AudioFileError`` when the file cannot be made.
    package init(path: String, sampleRate: Int, channelCount: Int) throws(AudioFileError) {
        self.path = path
        self.channelCount = channelCount
        unfinishedPath = path + ".unfinished"
        var info = SF_INFO()
        info.samplerate = Int32(sampleRate)
        info.channels = Int32(channelCount)
        info.format = Int32(SF_FORMAT_WAV | SF_FORMAT_PCM_16)
        file = sf_open(unfinishedPath, Int32(SFM_WRITE), &info)
        guard file != nil else {
            throw AudioFileError(path, "cannot be written (\(String(cString: sf_strerror(nil)))); check the folder")
        }
    }

    deinit {
        guard let file else { return }
        sf_close(file)
        unlink(unfinishedPath)
    }

    /// Appends samples of every channel, all of the same number.
    ///
    /// - Throws: ``AudioFileError`` when they cannot be written; nothing is left behind then.
    package func write(_ channels: [[Int16]]) throws(AudioFileError) {
        precondition(channels.count == channelCount, "a file has as many channels as it was opened with")
        let count = channels.map(\.count).min() ?? 0
        interleaved.removeAll(keepingCapacity: true)
        for index in 0..<count {
            for channel in channels { interleaved.append(channel[index]) }
        }
        let written = interleaved.withUnsafeBufferPointer { buffer in
            sf_writef_short(file, buffer.baseAddress, sf_count_t(count))
        }
        guard written == count else { throw abandon(String(cString: sf_strerror(file))) }
    }

    /// Closes the file and gives it its name.
    ///
    /// - Throws: ``AudioFileError`` when what was written did not reach the disk; nothing is left behind then.
    package func finish() throws(AudioFileError) {
        sf_write_sync(file)
        let status = sf_close(file)
        file = nil
        guard status == 0 else { throw abandon("the disk may be full") }
        guard rename(unfinishedPath, path) == 0 else { throw abandon(String(cString: strerror(errno))) }
    }

    private func abandon(_ reason: String) -> AudioFileError {
        if let file { sf_close(file) }
        file = nil
        unlink(unfinishedPath)
        return AudioFileError(path, "could not be written whole (\(reason)); nothing of it was kept")
    }
}
