import Foundation
import Records
import Telephony
import Testing

/// The commands for whoever owns the records, run as a user runs them.
@Suite("Records on the command line")
struct RecordCommandTests {
    private static func run(_ arguments: [String], in folder: String) throws -> (status: Int32, output: String) {
        let tool = try #require(SecretsTests.tool, "the tool is built with the tests")
        let process = Process()
        process.executableURL = URL(filePath: tool)
        process.arguments = arguments
        process.currentDirectoryURL = URL(filePath: folder)
        let output = URL(filePath: folder + "/output.\(UUID().uuidString)")
        try Data().write(to: output)
        defer { try? FileManager.default.removeItem(at: output) }
        let handle = try FileHandle(forWritingTo: output)
        process.standardOutput = handle
        process.standardError = handle
        try process.run()
        process.waitUntilExit()
        return (process.terminationStatus, String(decoding: try Data(contentsOf: output), as: UTF8.self))
    }

    private static func folder() throws -> String {
        let path = FileManager.default.temporaryDirectory.appending(path: "parley-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        return path
    }

    @Test("a call that was exported as a vCon is replayed from it, keys and outcome alike")
    func vConRoundTrip() throws {
        let folder = try RecordCommandTests.folder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let call = repository.appending(path: "Audio/Calls/hours-by-key").path
        let first = try RecordCommandTests.run(
            [
                "replay", call, "--store", "s.sqlite", "--record", "recordings", "--record-format", "wav",
                "--record-days", "30",
            ],
            in: folder)
        #expect(first.status == 0, "\(first.output)")
        let export = try RecordCommandTests.run(
            ["contexts", "export", "--store", "s.sqlite", "--output", "out"], in: folder)
        #expect(export.status == 0, "\(export.output)")
        let name = try #require(try FileManager.default.contentsOfDirectory(atPath: folder + "/out").first)
        let again = try RecordCommandTests.run(
            ["replay", "out/" + name, "--agent", SpokenOutside.riverbendPath], in: folder)
        #expect(again.status == 0, "\(again.output)")
        func said(_ story: String) -> [String] {
            story.split(separator: "\n").filter { $0.contains("accepted") || $0.contains("presses") }.map {
                $0.drop { $0 == " " || $0.isNumber || $0 == "." }.prefix { $0 != "(" }.description
            }
        }
        #expect(!said(first.output).isEmpty)
        #expect(said(again.output) == said(first.output))
    }

    @Test("who is to be called back is listed, and a promise that cannot be read is named with what to do")
    func callBacks() throws {
        let folder = try RecordCommandTests.folder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let store = try SQLiteStore(path: folder + "/s.sqlite")
        let promise = """
            {"call": "good", "queue": "billing", "number": "+15550171", "called": "+15550199", "agent": "desk", "joinedAt": 0,
            "expiresAt": 1, "skills": [], "placed": 1, "attempts": 0, "message": "", "variables": [], "headers": [],
            "dtmfSequence": ""}
            """
        var batch = RecordBatch(now: WallTime(millisecondsSince1970: 0))
        for (call, json) in [("good", promise), ("damaged", "{\"call\": 7}")] as [(CallID, String)] {
            batch.callBacks.append(
                .promised(
                    StoredCallBack(
                        call: call, node: "here-1", joinedAt: batch.now, expiresAt: batch.now, isUnderWay: true,
                        json: json)))
        }
        try store.write(batch)
        let list = try RecordCommandTests.run(["contexts", "call-backs", "--store", "s.sqlite"], in: folder)
        #expect(list.status == 1)
        #expect(list.output.contains("good  +15550171  billing  0 attempts  being called by here-1"), "\(list.output)")
        let explained = list.output.split(separator: "\n").filter { $0.contains("damaged") }
        #expect(explained.count == 1 && explained[0].contains("'contexts erase damaged'"), "\(list.output)")
        #expect(!list.output.contains("DecodingError") && !list.output.contains("CodingKeys"))
        let erased = try RecordCommandTests.run(["contexts", "erase", "damaged", "--store", "s.sqlite"], in: folder)
        #expect(erased.status == 0, "\(erased.output)")
        let json = try RecordCommandTests.run(["contexts", "call-backs", "--store", "s.sqlite", "--json"], in: folder)
        #expect(json.status == 0 && json.output.contains(#""isUnderWay":true"#), "\(json.output)")
        #expect(json.output.split(separator: "\n").count == 1)
    }

    @Test("erasing a caller takes contexts and recordings, leaves a note without the caller, and others alone")
    func erase() throws {
        let folder = try RecordCommandTests.folder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let store = try SQLiteStore(path: folder + "/s.sqlite")
        for (call, from) in [("a", "+15550171"), ("b", "+15550171"), ("c", "+15550172")] as [(CallID, String)] {
            var context = CallContext(call: call)
            context.from = from
            try store.save(context)
        }
        let archive = RecordingArchive(folder: folder + "/recordings", policy: .init())
        let entry = try archive.keep(
            [[1, 2, 3]], sampleRate: 8_000, of: "a", at: WallTime(millisecondsSince1970: 0), in: store)
        let erased = try RecordCommandTests.run(
            ["contexts", "erase", "--store", "s.sqlite", "--caller", "+15550171", "--json"], in: folder)
        #expect(erased.output.contains(#"{"calls":2,"recordings":1,"sent":0}"#), "\(erased.output)")
        #expect(!FileManager.default.fileExists(atPath: entry.path))
        #expect(try store.contexts(ContextFilter()).map(\.call) == ["c" as CallID])
        let audit = try RecordCommandTests.run(["contexts", "audit", "--store", "s.sqlite"], in: folder)
        #expect(audit.status == 0 && audit.output.contains("erase"))
        for name in ["s.sqlite", "s.sqlite-wal"] {
            let octets = FileManager.default.contents(atPath: folder + "/" + name) ?? Data()
            #expect(octets.range(of: Data("+15550171".utf8)) == nil, "\(name)")
        }
    }

    @Test("what cannot be done ends with a sentence and a status that is not 0")
    func mistakes() throws {
        let folder = try RecordCommandTests.folder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let commands: [([String], String)] = [
            (["contexts", "list", "--store", "none.sqlite"], "no such store"),
            (["contexts", "list", "--store", "x", "--since", "yesterday"], "no time"),
            (["contexts", "erase", "--store", "x"], "--caller"),
            (["contexts", "check-connectors", "none.yaml"], "no such file"),
            (["replay", "x.wav", "--record-key", "env:K"], "--store"),
            (["replay", "none.vcon", "--agent", "x"], "no such file"),
        ]
        for (arguments, part) in commands {
            let result = try RecordCommandTests.run(arguments, in: folder)
            #expect(result.status != 0, "\(arguments)")
            #expect(result.output.contains(part), "\(arguments): \(result.output)")
        }
    }
}
