import Documents
import Foundation
import Testing

@testable import DialogCheck

/// Agents with mistakes, and agents without.
@Suite("Agents")
struct AgentTests {
    /// A finding by its place and rule.
    struct Finding: Hashable, Comparable, CustomStringConvertible {
        let file: String
        let line: Int
        let code: String

        var description: String { "\(file):\(line) \(code)" }
        static func < (a: Finding, b: Finding) -> Bool { (a.file, a.line, a.code) < (b.file, b.line, b.code) }
    }

    /// The comments at the ends of the fixture's lines: `# code`.
    private func planted() throws -> Set<Finding> {
        var planted: Set<Finding> = []
        let folder = Fixtures.folder.appending(path: "mistakes")
        for name in try FileManager.default.subpathsOfDirectory(atPath: folder.path) where name.hasSuffix(".yml") {
            let text = try String(contentsOf: folder.appending(path: name), encoding: .utf8)
            for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
                guard let mark = line.range(of: "# ", options: .backwards) else { continue }
                let code = String(line[mark.upperBound...])
                if Rule.named(code) != nil { planted.insert(Finding(file: name, line: index + 1, code: code)) }
            }
        }
        return planted
    }

    private func found(_ folder: URL) -> [Finding] {
        DialogCheck.run(folder.path).map {
            Finding(file: String($0.file.dropFirst(folder.path.count + 1)), line: $0.line, code: $0.code)
        }
    }

    @Test("more than forty planted mistakes are all named with their line, and nothing else is")
    func mistakes() throws {
        let planted = try planted()
        #expect(planted.count >= 40)
        let found = Set(found(Fixtures.folder.appending(path: "mistakes")))
        #expect(planted.subtracting(found).sorted() == [])
        #expect(found.subtracting(planted).sorted() == [])
    }

    @Test("nothing is found in sensible agents", arguments: ["clinic", "pizza", "bank"])
    func clean(name: String) {
        #expect(DialogCheck.run(Fixtures.folder.appending(path: name).path).map(\.description) == [])
    }

    @Test("nothing is found in the sample agent")
    func riverbend() {
        #expect(DialogCheck.run(Fixtures.riverbend.path).map(\.description) == [])
    }

    @Test("the planted mistakes break every rule that a topic can break")
    func everyRule() throws {
        // An agent without a start has no topic to plant it in, and 'invalid' is for what no other rule names.
        let broken = try Set(planted().map(\.code)).union(["no-start", "invalid"])
        #expect(Rule.all.map(\.code).filter { !broken.contains($0) } == [])
    }

    @Test("codes are given once, and every rule says why")
    func catalogue() {
        #expect(Set(Rule.all.map(\.code)).count == Rule.all.count)
        for rule in Rule.all { #expect(rule.explanation.count > 20, "\(rule.code) explains nothing") }
    }

    @Test("an agent that nobody starts, or that is not there, says so")
    func noStart() {
        let reading = DialogCheck.run(Fixtures.folder.appending(path: "nobody").path)
        #expect(reading.map(\.severity) == [.error])
    }
}
