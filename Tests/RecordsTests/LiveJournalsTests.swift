import Foundation
import Records
import Telephony
import Testing

@Suite("Journals on the disk")
struct LiveJournalsTests {
    private static func key(_ octet: UInt8 = 1) throws -> RecordingKey {
        try RecordingKey(octets: Data(repeating: octet, count: 32))
    }

    private static func read(_ folder: TemporaryFolder, _ name: String) throws -> (octets: Data, isCut: Bool) {
        try SealedFile.openJournal(Data(contentsOf: URL(filePath: folder("j/\(name).journal"))), with: key())
    }

    @Test("what calls say is kept in a file each, and nobody else may read them")
    func keeps() throws {
        let folder = try TemporaryFolder()
        let journals = try LiveJournals(.init(folder: folder("j"), key: LiveJournalsTests.key()))
        journals.append([1, 2], of: "a", orElse: [])
        journals.append([9], of: "b", orElse: [])
        journals.append([3], of: "a", orElse: [])
        journals.finish("a")
        #expect(journals.stop() == nil)
        let (octets, isCut) = try LiveJournalsTests.read(folder, "a")
        #expect(octets == Data([1, 2, 3]))
        #expect(!isCut)
        // The other call was not over.
        let (other, isOtherCut) = try LiveJournalsTests.read(folder, "b")
        #expect(other == Data([9]))
        #expect(isOtherCut)
        let mode = try FileManager.default.attributesOfItem(atPath: folder("j/a.journal"))[.posixPermissions] as? Int
        #expect(mode == 0o600)
    }

    @Test("a bit that is changed anywhere is noticed, and no end that is cut off is more than it was")
    func noticesChanges() throws {
        var writer = SealedFile.Writer(key: try LiveJournalsTests.key(), form: .journal)
        var file = writer.header
        for length in [300, 20, 0] {
            file += try writer.seal(Data(repeating: 7, count: length), isLast: length == 0)
        }
        for index in 0..<file.count * 8 {
            var changed = file
            changed[index / 8] ^= 1 << UInt8(index % 8)
            #expect(throws: RecordsError.self, "bit \(index)") {
                try SealedFile.openJournal(changed, with: LiveJournalsTests.key())
            }
        }
        for length in 24..<file.count {
            let (octets, isCut) = try SealedFile.openJournal(file.prefix(length), with: LiveJournalsTests.key())
            #expect(isCut)
            #expect([0, 300, 320].contains(octets.count))
        }
        #expect(throws: RecordsError.self) { try SealedFile.openJournal(file, with: LiveJournalsTests.key(2)) }
        #expect(throws: RecordsError.self) { try SealedFile.open(file, with: LiveJournalsTests.key()) }
    }

    @Test("what there is no room for breaks a journal off, and the others go on")
    func breaksOff() throws {
        let folder = try TemporaryFolder()
        var policy = LiveJournals.Policy(folder: folder("j"), key: try LiveJournalsTests.key())
        policy.mostWaiting = 10
        let journals = try LiveJournals(policy)
        journals.append([1], of: "a", orElse: [8])
        journals.append([UInt8](repeating: 2, count: 100), of: "a", orElse: [8])
        journals.append([3], of: "a", orElse: [8])
        journals.append([4], of: "b", orElse: [8])
        journals.finish("a")
        journals.finish("b")
        journals.stop()
        #expect(try LiveJournalsTests.read(folder, "a").octets == Data([1, 8]))
        #expect(try LiveJournalsTests.read(folder, "b").octets == Data([4]))
    }

    @Test("the oldest journals go when there are too many")
    func oldestGo() throws {
        let folder = try TemporaryFolder()
        try FileManager.default.createDirectory(atPath: folder("j"), withIntermediateDirectories: true)
        for (name, age) in [("old", 300.0), ("older", 600), ("young", 10)] {
            try Data(count: 1_000).write(to: URL(filePath: folder("j/\(name).journal")))
            try FileManager.default.setAttributes(
                [.modificationDate: Date(timeIntervalSinceNow: -age)], ofItemAtPath: folder("j/\(name).journal"))
        }
        var policy = LiveJournals.Policy(folder: folder("j"), key: try LiveJournalsTests.key())
        policy.folderLimit = 1_500
        let journals = try LiveJournals(policy)
        journals.append([1], of: "new", orElse: [])
        journals.finish("new")
        journals.stop()
        let names = try FileManager.default.contentsOfDirectory(atPath: folder("j")).sorted()
        #expect(names == ["new.journal", "young.journal"])
    }
}
