import Foundation
import Testing

/// The page that says which test shows what of attacks and faults.
@Suite("The list of attacks")
struct AttackListTests {
    private static let root = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    private static func text(_ path: String) throws -> String {
        try String(contentsOf: root.appending(path: path), encoding: .utf8)
    }

    /// Every file of Swift under a folder, by its name without the ending.
    private static func sources(_ folder: String) throws -> [String: String] {
        var result: [String: String] = [:]
        let files = FileManager.default.enumerator(at: root.appending(path: folder), includingPropertiesForKeys: nil)
        while let file = files?.nextObject() as? URL {
            guard file.pathExtension == "swift" else { continue }
            let text = try String(contentsOf: file, encoding: .utf8)
            // Several targets may have a file of the same name.
            result[file.deletingPathExtension().lastPathComponent, default: ""] += text
        }
        return result
    }

    /// The cells of the last column of the page's tables.
    private static func cells() throws -> [Substring] {
        try text("Sources/Service/Service.docc/Attacks.md").split(separator: "\n")
            .filter { $0.hasPrefix("| ") && $0.hasSuffix(" |") }
            .compactMap { $0.split(separator: " | ").last }
            .filter { !$0.hasPrefix("shown by") }
    }

    @Test("every row names something that shows it, and every test that it names is there")
    func tests() throws {
        let sources = try AttackListTests.sources("Tests")
        let cells = try AttackListTests.cells()
        #expect(cells.count > 30)
        for cell in cells {
            var file = ""
            var count = 0
            for match in cell.matches(of: /`([A-Za-z]+Tests)`|“([^”]+)”/) {
                if let name = match.output.1 { file = String(name) }
                guard let sentence = match.output.2 else { continue }
                count += 1
                let isThere = sources[file]?.contains("\"\(sentence)\"") ?? false
                #expect(isThere, "\(file) has no test “\(sentence)”")
            }
            #expect(count > 0 || cell.contains("`ParleyProof "), "a row has neither test nor proof: \(cell)")
        }
    }

    @Test("every proof and fuzz entry that it names is there")
    func programs() throws {
        let commands = try AttackListTests.sources("Sources/ParleyProof").values.joined()
        let entries = try AttackListTests.sources("Sources/ParleyFuzz").values.joined()
        for cell in try AttackListTests.cells() {
            for match in cell.matches(of: /`ParleyProof ([a-z]+)`/) {
                #expect(commands.contains("commandName: \"\(match.output.1)\""), "ParleyProof has no \(match.output.1)")
            }
            guard let fuzz = cell.firstRange(of: "fuzz `") else { continue }
            for match in cell[fuzz.lowerBound...].matches(of: /`([a-z-]+)`/) {
                #expect(entries.contains("\"\(match.output.1)\""), "ParleyFuzz has no entry \(match.output.1)")
            }
        }
    }
}
