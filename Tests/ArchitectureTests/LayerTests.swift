import Foundation
import Testing

/// The layers of the project: which target may import what. SwiftPM checks only what a target names itself, not what
/// reaches it through others, so the sources are read.
@Suite("Layers")
struct LayerTests {
    /// What each target may import beside the standard library.
    private static let allowed: [String: Set<String>] = [
        "Telephony": [],
        "SIP": ["Telephony", "Crypto"],
        "RTP": ["Telephony", "CSRTP"],
        "DSP": ["Telephony", "COpus", "CSpeexDSP"],
        "Formula": ["Telephony", "Foundation"],
        "CallFlow": ["Telephony", "Formula"],
        // The C library only for its mathematics, and vector instructions.
        "FrontEnd": ["Telephony", "DSP", "CVector", "Glibc"],
        "Routing": ["Telephony"],
        "CallControl": ["Telephony", "SIP", "RTP", "DSP", "Formula", "CallFlow", "FrontEnd", "Routing"],
        "Distribution": ["Telephony", "Formula", "CallFlow", "Routing", "CallControl"],
        "QueueSimulation": ["Telephony", "Routing"],
        "AudioFiles": ["Telephony", "CSndFile"],
        "Documents": ["Telephony", "Yams"],
        "AgentFiles": ["Telephony", "Formula", "CallFlow", "Documents", "Yams"],
        "DialogCheck": ["Telephony", "Formula", "CallFlow", "AudioFiles", "Documents", "AgentFiles"],
        "Replay": [
            "Telephony", "RTP", "DSP", "Formula", "CallFlow", "FrontEnd", "Routing", "CallControl", "Distribution",
            "AudioFiles", "Documents", "Yams",
        ],
        "Scoring": ["Telephony", "DSP", "FrontEnd", "AudioFiles", "Speech"],
        "Speech": ["Telephony", "DSP", "CallFlow", "FrontEnd", "CallControl", "AudioFiles", "CFlite"],
        "Transport": [
            "Telephony", "SIP", "CallControl", "CLinux", "CAres", "NIOCore", "NIOPosix", "NIOTLS", "NIOSSL",
            "SwiftASN1",
            "X509",
        ],
        "Records": ["Telephony", "Formula", "GRDB", "AudioFiles", "Crypto", "CLibPQ"],
        "Connectors": [
            "Telephony", "Formula", "CallFlow", "Documents", "Records", "Yams", "Crypto", "CryptoExtras",
            "AsyncHTTPClient", "NIOCore", "NIOHTTP1",
        ],
        "Admin": [
            "Telephony", "SIP", "Records", "Crypto", "AsyncHTTPClient", "HTTPTypes", "Hummingbird",
            "HummingbirdCore", "HummingbirdTLS", "Logging", "NIOCore", "NIOHTTP1", "NIOSSL",
        ],
        "Service": [
            "Telephony", "SIP", "RTP", "Formula", "CallFlow", "Routing", "CallControl", "Distribution", "Documents",
            "AudioFiles",
            "AgentFiles", "DialogCheck",
            "Speech", "Connectors", "Records", "Transport", "Admin", "Yams", "Configuration", "Logging",
        ],
        "ConnectorDoubles": [
            "Telephony", "Records", "Connectors", "CryptoExtras", "NIOCore", "NIOPosix", "NIOHTTP1",
        ],
    ]
    /// Packages of data structures, which any target may use.
    private static let anywhere: Set<String> = ["BasicContainers", "DequeModule", "HeapModule"]
    /// Targets that do no I/O, read no clock, await nothing and lock nothing.
    private static let pure = [
        "Telephony", "SIP", "RTP", "DSP", "Formula", "CallFlow", "FrontEnd", "Routing", "CallControl",
        "Distribution",
    ]
    /// Targets that may import everything.
    private static let top: Set<String> = ["ParleyTool", "ParleyProof", "ParleyFuzz", "System"]
    /// Folders that are no target: what makes the weights of the speech detector, in Python.
    private static let scripts: Set<String> = ["SpeechTraining"]

    private static let sources = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "Sources")

    @Test("every target has its place in the layers")
    func everyTargetIsListed() throws {
        let folders = try FileManager.default.contentsOfDirectory(atPath: LayerTests.sources.path)
            .filter { !$0.hasPrefix(".") }
        for folder in folders {
            #expect(
                LayerTests.allowed[folder] != nil || LayerTests.top.contains(folder)
                    || LayerTests.scripts.contains(folder),
                "Sources/\(folder) is in no layer")
        }
    }

    @Test("a target imports only what lies below it", arguments: allowed.keys.sorted())
    func importsPointDown(target: String) throws {
        let permitted = (LayerTests.allowed[target] ?? []).union(LayerTests.anywhere)
        let edges: Set<String> =
            LayerTests.pure.contains(target) ? [] : ["Foundation", "Glibc", "Dispatch", "Synchronization"]
        for (file, line, text) in try LayerTests.lines(of: target) {
            guard let module = LayerTests.importedModule(text) else { continue }
            #expect(
                permitted.contains(module) || edges.contains(module),
                "\(file):\(line) imports \(module), which \(target) may not")
        }
    }

    @Test("a pure target neither waits, locks, reads a clock nor draws from the system's generator", arguments: pure)
    func pureTargetsStayPure(target: String) throws {
        let forbidden = [
            #"\basync\b"#, #"\bawait\b"#, #"\bTask\s*[.{(]"#, #"\bactor\s+\w"#, #"\bMutex\b"#, #"\bNSLock\b"#,
            #"\bContinuousClock\b"#, #"\bSuspendingClock\b"#, #"\bDate\(\)"#, #"\bDate\.now\b"#,
            #"\bSystemRandomNumberGenerator\b"#, #"\bDispatchQueue\b"#, #"\bFileManager\b"#, #"\bprint\("#,
            #"\.random\(in: [^,)]*\)"#, #"\bnonisolated\(unsafe\)"#,
        ]
        for (file, line, text) in try LayerTests.lines(of: target) {
            for pattern in forbidden {
                let found = text.range(of: pattern, options: .regularExpression) != nil
                #expect(!found, "\(file):\(line) has \(pattern), which a pure target may not: \(text)")
            }
        }
    }

    private static func importedModule(_ text: String) -> String? {
        let words = text.split(separator: " ")
        guard let index = words.firstIndex(of: "import"), index + 1 < words.count,
            words[..<index].allSatisfy({
                ["public", "package", "internal", "private", "fileprivate", "@testable", "@preconcurrency"]
                    .contains($0)
            })
        else { return nil }
        var rest = words[(index + 1)...]
        if ["struct", "class", "enum", "func", "protocol", "typealias", "let", "var"].contains(rest.first ?? "") {
            rest = rest.dropFirst()
        }
        return rest.first.map { String($0.split(separator: ".")[0]) }
    }

    /// The lines of a target's sources without comments and the contents of string literals.
    private static func lines(of target: String) throws -> [(file: String, line: Int, text: String)] {
        let folder = sources.appending(path: target)
        guard let files = FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil) else { return [] }
        var result: [(String, Int, String)] = []
        for case let file as URL in files where file.pathExtension == "swift" {
            let text = try String(contentsOf: file, encoding: .utf8)
            for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
                let code = line.replacingOccurrences(of: #""(\\.|[^"\\])*""#, with: "\"\"", options: .regularExpression)
                let bare = code.components(separatedBy: "//")[0]
                result.append(("\(target)/\(file.lastPathComponent)", index + 1, bare))
            }
        }
        return result
    }
}
