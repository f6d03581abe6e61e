import AudioFiles
import Foundation
import Records
import Telephony
import Testing

/// Recordings of running calls: kept at the end, readable after a crash, patient while the disk is full.
@Suite("Recordings of running calls")
struct LiveRecordingsTests {
    private static let samples: [Int16] = (0..<16_000).map { Int16(truncatingIfNeeded: $0 &* 37) }
    private static let silence = [Int16](repeating: 0, count: 16_000)

    private static func archive(
        _ folder: String, format: RecordingFormat = .wav, isSealed: Bool
    ) throws -> RecordingArchive {
        var policy = RecordingArchive.Policy()
        policy.format = format
        if isSealed { policy.key = try RecordingKey(octets: Data(repeating: 7, count: 32)) }
        return RecordingArchive(folder: folder, policy: policy)
    }

    private static func folder() throws -> String {
        let path = FileManager.default.temporaryDirectory.appending(path: "parley-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        return path
    }

    @Test("a call that ends leaves one registered file with both sides", arguments: [false, true])
    func keeps(isSealed: Bool) throws {
        let folder = try LiveRecordingsTests.folder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let store = try SQLiteStore(path: folder + "/s.sqlite", creates: true)
        let archive = try LiveRecordingsTests.archive(folder + "/r", isSealed: isSealed)
        let recordings = try LiveRecordings(archive, store: store)
        for part in 0..<2 {
            let range = part * 8_000..<(part + 1) * 8_000
            recordings.append(
                [Array(LiveRecordingsTests.samples[range]), Array(LiveRecordingsTests.silence[range])],
                sampleRate: 8_000, of: "call-1")
        }
        recordings.finish("call-1")
        #expect(recordings.stop() == nil)
        let entry = try #require(try store.recordings(of: "call-1").first)
        #expect(entry.isEncrypted == isSealed)
        #expect(entry.duration == 2)
        let recording = try #require(try archive.recording(of: "call-1", in: store))
        let audio = try AudioEncoding.decode(recording.data, name: "r")
        #expect(audio.channels.map(\.samples) == [LiveRecordingsTests.samples, LiveRecordingsTests.silence])
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder + "/r").count == 1)
    }

    @Test("what a process left behind that was killed is kept by the next one", arguments: [false, true])
    func recovers(isSealed: Bool) throws {
        let folder = try LiveRecordingsTests.folder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let store = try SQLiteStore(path: folder + "/s.sqlite", creates: true)
        let archive = try LiveRecordingsTests.archive(folder + "/r", isSealed: isSealed)
        let killed = try LiveRecordings(archive, store: store)
        killed.append(
            [LiveRecordingsTests.samples, LiveRecordingsTests.silence], sampleRate: 8_000, of: "call/2 é")
        let expert = RecordingTrack(leg: LegID(2), startsAt: .milliseconds(12_340))
        killed.append([LiveRecordingsTests.samples], sampleRate: 8_000, of: "call/2 é", expert)
        killed.stop()
        #expect(try store.recordings(of: "call/2 é").isEmpty)
        if !isSealed {
            let names = try FileManager.default.contentsOfDirectory(atPath: folder + "/r")
            let name = try #require(names.first { !$0.contains(".leg") })
            let octets = try #require(FileManager.default.contents(atPath: folder + "/r/" + name))
            #expect(try AudioEncoding.decode(octets, name: "r").channels[0].samples == LiveRecordingsTests.samples)
        }
        let next = try LiveRecordings(archive, store: store)
        #expect(next.recovered.calls == ["call/2 é"])
        #expect(next.recovered.problems.isEmpty)
        next.stop()
        let recording = try #require(try archive.recording(of: "call/2 é", in: store))
        #expect(
            try AudioEncoding.decode(recording.data, name: "r").channels.map(\.samples)
                == [LiveRecordingsTests.samples, LiveRecordingsTests.silence])
        let alone = try #require(try archive.recording(of: "call/2 é", leg: LegID(2), in: store))
        #expect(alone.track == expert && alone.channelCount == 1)
        #expect(
            try AudioEncoding.decode(alone.data, name: "r").channels.map(\.samples) == [LiveRecordingsTests.samples])
        #expect(try archive.recordings(of: "call/2 é", in: store).map(\.track) == [.call, expert])
        #expect(try archive.recording(of: "call/2 é", leg: LegID(1), in: store) == nil)
        #expect(try RecordingArchive.remove(["call/2 é"], from: store) == 2)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder + "/r").isEmpty)
    }

    @Test("mixed, both sides are on one channel, and what is too loud for one is clipped")
    func mixes() throws {
        let folder = try LiveRecordingsTests.folder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        var policy = RecordingArchive.Policy()
        policy.channels = .mixed
        let store = try SQLiteStore(path: folder + "/s.sqlite", creates: true)
        let archive = RecordingArchive(folder: folder, policy: policy)
        try archive.keep(
            [[1, -2, 30_000, -30_000], [10, 20, 30_000, -30_000]], sampleRate: 8_000, of: "call",
            at: .current(), in: store)
        let recording = try #require(try archive.recording(of: "call", in: store))
        #expect(recording.channelCount == 1)
        #expect(
            try AudioEncoding.decode(recording.data, name: "r").channels.map(\.samples) == [[11, 18, 32_767, -32_768]])
    }

    @Test("an encrypted recording that was cut off anywhere is kept as far as it goes")
    func recoversAnyCut() throws {
        let folder = try LiveRecordingsTests.folder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let archive = try LiveRecordingsTests.archive(folder, isSealed: true)
        let killed = try LiveRecordings(archive, store: nil)
        killed.append(
            [
                LiveRecordingsTests.samples + LiveRecordingsTests.samples,
                LiveRecordingsTests.samples + LiveRecordingsTests.samples,
            ], sampleRate: 8_000, of: "call")
        killed.stop()
        let path = folder + "/call.running"
        let whole = try #require(FileManager.default.contents(atPath: path))
        for length in [0, 8, 23, 30, whole.count * 3 / 4, whole.count - 1] {
            try whole.prefix(length).write(to: URL(filePath: path))
            let next = try LiveRecordings(archive, store: nil)
            next.stop()
            #expect(next.recovered.calls.count + next.recovered.problems.count == 1, "\(length)")
            #expect(next.recovered.calls.isEmpty == (length < whole.count / 2), "\(length)")
        }
    }

    @Test("a folder that takes nothing holds nothing up, and what waits is written when it takes something")
    func waitsForRoom() throws {
        let folder = try LiveRecordingsTests.folder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let archive = try LiveRecordingsTests.archive(folder + "/r", isSealed: false)
        let recordings = try LiveRecordings(archive, store: nil)
        // What is no folder takes no file: as a disk without room, whatever the user.
        try FileManager.default.removeItem(atPath: folder + "/r")
        #expect(FileManager.default.createFile(atPath: folder + "/r", contents: nil))
        recordings.append(
            [LiveRecordingsTests.samples, LiveRecordingsTests.silence], sampleRate: 8_000, of: "call")
        recordings.finish("call")
        while recordings.problem == nil { usleep(1_000) }
        try FileManager.default.removeItem(atPath: folder + "/r")
        try FileManager.default.createDirectory(atPath: folder + "/r", withIntermediateDirectories: true)
        while recordings.problem != nil { usleep(1_000) }
        #expect(recordings.stop() == nil)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder + "/r").count == 1)
    }
}
