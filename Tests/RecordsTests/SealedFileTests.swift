import AudioFiles
import Foundation
import GRDB
import Records
import Telephony
import Testing

@Suite("Encrypted files")
struct SealedFileTests {
    private static func key(_ octet: UInt8) throws -> RecordingKey {
        try RecordingKey(octets: Data(repeating: octet, count: 32))
    }

    @Test(
        "what is sealed is opened with the same key alone",
        arguments: [0, 1, SealedFile.pieceLength - 1, SealedFile.pieceLength, SealedFile.pieceLength * 2 + 7])
    func roundTrip(length: Int) throws {
        let plain = Data((0..<length).map { UInt8(truncatingIfNeeded: $0 &* 31) })
        let sealed = try SealedFile.seal(plain, with: SealedFileTests.key(1))
        #expect(try SealedFile.open(sealed, with: SealedFileTests.key(1)) == plain)
        #expect(throws: RecordsError.self) { try SealedFile.open(sealed, with: SealedFileTests.key(2)) }
        #expect(try SealedFile.seal(plain, with: SealedFileTests.key(1)) != sealed)
        if length > 16 { #expect(sealed.range(of: plain.prefix(16)) == nil) }
    }

    @Test("any octet that is changed, and any end that is cut off, is noticed")
    func noticesChanges() throws {
        let plain = Data(repeating: 7, count: SealedFile.pieceLength + 100)
        let sealed = try SealedFile.seal(plain, with: SealedFileTests.key(1))
        var generator = SeededGenerator(seed: 5)
        for _ in 0..<200 {
            var changed = sealed
            let index = Int(generator.next() % UInt64(sealed.count))
            changed[index] ^= UInt8(1 << (generator.next() % 8))
            #expect(throws: RecordsError.self, "octet \(index)") {
                try SealedFile.open(changed, with: SealedFileTests.key(1))
            }
            #expect(throws: RecordsError.self) {
                try SealedFile.open(sealed.prefix(index), with: SealedFileTests.key(1))
            }
        }
    }

    @Test("after a crash the pieces that were written are read")
    func readsCutFile() throws {
        var writer = SealedFile.Writer(key: try SealedFileTests.key(1))
        var file = writer.header
        file += try writer.seal(Data("one".utf8), isLast: false)
        file += try writer.seal(Data("two".utf8), isLast: false)
        file += try writer.seal(Data("three".utf8), isLast: false).prefix(9)
        #expect(try SealedFile.open(file, with: SealedFileTests.key(1), allowsCut: true) == Data("onetwo".utf8))
        #expect(throws: RecordsError.self) { try SealedFile.open(file, with: SealedFileTests.key(1)) }
    }

    @Test("a key comes from a file that not everybody may read, and never shows in what is said about it")
    func keyPlaces() throws {
        let folder = try TemporaryFolder()
        let digits = String(repeating: "ab", count: 32)
        try Data((digits + "\n").utf8).write(to: URL(filePath: folder("key")))
        chmod(folder("key"), 0o600)
        _ = try RecordingKey(from: "file:" + folder("key"))
        chmod(folder("key"), 0o644)
        #expect(throws: RecordsError.self) { try RecordingKey(from: "file:" + folder("key")) }
        for place in [digits, "env:PARLEY_NO_SUCH_KEY", "file:/none"] {
            do {
                _ = try RecordingKey(from: place)
                Issue.record("\(place) gave a key")
            } catch {
                #expect(!error.description.contains(digits))
            }
        }
    }
}

@Suite("Recordings")
struct RecordingArchiveTests {
    private static let tone = (0..<16_000).map { Int16(sin(Double($0) / 8) * 8_000) }

    @Test(
        "a recording is kept, encrypted, and comes back; when it was changed it does not",
        arguments: RecordingFormat.allCases)
    func keeps(format: RecordingFormat) throws {
        let folder = try TemporaryFolder()
        let store = try SQLiteStore(path: folder("s.sqlite"))
        var policy = RecordingArchive.Policy()
        policy.format = format
        policy.key = try RecordingKey(octets: Data(repeating: 3, count: 32))
        let archive = RecordingArchive(folder: folder("recordings"), policy: policy)
        let silence = [Int16](repeating: 0, count: RecordingArchiveTests.tone.count)
        let entry = try archive.keep(
            [RecordingArchiveTests.tone, silence], sampleRate: 8_000, of: "call/../1", at: SampleRecords.start,
            in: store)
        #expect(entry.duration == 2)
        let octets = try #require(FileManager.default.contents(atPath: entry.path))
        #expect(octets.prefix(8) == SealedFile.magic)
        let recording = try #require(try archive.recording(of: "call/../1", in: store))
        let audio = try AudioEncoding.decode(recording.data, name: "recording")
        #expect(audio.channels.count == 2)
        #expect(abs(audio.caller.durationInSeconds - 2) < 0.03)
        if format == .wav { #expect(audio.caller.samples == RecordingArchiveTests.tone) }
        #expect(audio.caller.samples.contains { abs($0) > 6_000 })
        try (octets.dropLast() + [octets[octets.count - 1] ^ 1]).write(to: URL(filePath: entry.path))
        #expect(throws: RecordsError.self) { try archive.recording(of: "call/../1", in: store) }
    }

    @Test("when its time is over a recording goes, and the audit log says so")
    func expires() throws {
        let folder = try TemporaryFolder()
        let store = try SQLiteStore(path: folder("s.sqlite"))
        var policy = RecordingArchive.Policy()
        policy.retention = .seconds(86_400)
        let archive = RecordingArchive(folder: folder("recordings"), policy: policy)
        let entry = try archive.keep([[1, 2]], sampleRate: 8_000, of: "a", at: SampleRecords.start, in: store)
        let early = SampleRecords.start + .seconds(86_399)
        #expect(try RecordingArchive.expire(at: early, in: store, who: "test") == [])
        #expect(try RecordingArchive.expire(at: early + .seconds(1), in: store, who: "test") == ["a"])
        #expect(!FileManager.default.fileExists(atPath: entry.path))
        #expect(try archive.recording(of: "a", in: store) == nil)
        #expect(try store.auditTrail().map(\.action?.kind) == [.expireRecording])
    }
}

@Suite("Audit log")
struct AuditTests {
    private func filled(_ folder: TemporaryFolder) throws -> SQLiteStore {
        let store = try SQLiteStore(path: folder("s.sqlite"))
        for number in 1...5 {
            try store.audit(
                AuditAction(
                    at: SampleRecords.start, who: "tester", kind: .show, calls: [CallID("call-\(number)")],
                    detail: "entry \(number)"))
        }
        return store
    }

    @Test("an untouched log is intact")
    func intact() throws {
        let folder = try TemporaryFolder()
        let trail = try filled(folder).auditTrail()
        #expect(trail.count == 5)
        #expect(AuditEntry.firstBroken(in: trail) == nil)
    }

    @Test("the log refuses changes, and a change behind its back is found and named")
    func findsChanges() throws {
        let changes: [(sql: String, broken: Int64)] = [
            ("UPDATE audit SET json = replace(json, 'entry 3', 'entry X') WHERE number = 3", 3),
            ("DELETE FROM audit WHERE number = 2", 2),
            ("UPDATE audit SET hash = zeroblob(32) WHERE number = 4", 4),
        ]
        for change in changes {
            let folder = try TemporaryFolder()
            let store = try filled(folder)
            let queue = try DatabaseQueue(path: folder("s.sqlite"))
            #expect(throws: DatabaseError.self) { try queue.write { try $0.execute(sql: change.sql) } }
            try queue.write { database in
                try database.execute(sql: "DROP TRIGGER audit_keeps; DROP TRIGGER audit_stays")
                try database.execute(sql: change.sql)
            }
            #expect(AuditEntry.firstBroken(in: try store.auditTrail()) == change.broken)
        }
    }
}
