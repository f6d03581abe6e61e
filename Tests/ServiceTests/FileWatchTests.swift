import Foundation
import Testing

@testable import Service

@Suite("FileWatch")
struct FileWatchTests {
    @Test("a change is told once, when it has settled")
    func change() throws {
        let folder = try TemporaryFolder()
        let file = try folder.write("a.yaml", "one")
        var watch = FileWatch([file])
        #expect(!look(&watch))
        try folder.write("a.yaml", "another")
        #expect(!look(&watch))
        #expect(look(&watch))
        #expect(!look(&watch))
    }

    @Test("what is still being written is not told")
    func unsettled() throws {
        let folder = try TemporaryFolder()
        let file = try folder.write("a.yaml", "one")
        var watch = FileWatch([file])
        for length in 4...8 {
            try folder.write("a.yaml", String(repeating: "x", count: length))
            #expect(!look(&watch))
        }
        #expect(look(&watch))
    }

    @Test("files that come and go in a folder are changes, at any depth, and so is what a link leads to")
    func folders() throws {
        let folder = try TemporaryFolder()
        try FileManager.default.createDirectory(
            atPath: folder.path + "/agent/topics", withIntermediateDirectories: true)
        var watch = FileWatch([folder.path + "/agent", folder.path + "/link"])
        try folder.write("agent/topics/new.mcs.yml", "kind: AdaptiveDialog")
        _ = look(&watch)
        #expect(look(&watch))
        try FileManager.default.removeItem(atPath: folder.path + "/agent/topics/new.mcs.yml")
        _ = look(&watch)
        #expect(look(&watch))
        let first = try folder.write("first.pem", "certificate")
        try FileManager.default.createSymbolicLink(atPath: folder.path + "/link", withDestinationPath: first)
        _ = look(&watch)
        #expect(look(&watch))
        try folder.write("first.pem", "another certificate")
        _ = look(&watch)
        #expect(look(&watch))
    }

    private func look(_ watch: inout FileWatch) -> Bool { watch.hasChanged() }
}
