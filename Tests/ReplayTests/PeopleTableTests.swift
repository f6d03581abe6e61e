import Foundation
import Testing

/// The page that says which test shows how each way to a person works and fails.
@Suite("Ways to a person")
struct PeopleTableTests {
    private static let failures: Set = [
        "it works", "busy", "no answer", "refused", "caller gone while ringing", "agent gone in consultation",
        "REFER refused", "NOTIFY never comes", "router slow", "router down", "two at once", "glare",
    ]

    private struct Row {
        var way: String
        var failures: [String]
        var cell: String
        /// What stands between back-quotes and is no word of the dialog language.
        var names: [String] {
            cell.matches(of: /`([^`]+)`/).map { String($0.1) }
                .filter { !$0.contains(".") || $0.contains("/") }.filter { $0.contains("-") || $0.contains("/") }
        }
    }

    private static let folder = repository.appending(path: "Audio/Calls/people")

    private static func rows() throws -> [Row] {
        let text = try String(contentsOf: folder.appending(path: "README.md"), encoding: .utf8)
        var way = ""
        return text.split(separator: "\n").compactMap { line in
            if line.hasPrefix("## ") { way = String(line.dropFirst(3)) }
            let cells = line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
            guard cells.count == 2, cells[0] != "how it fails", !cells[0].hasPrefix("-") else { return nil }
            return Row(way: way, failures: cells[0].components(separatedBy: ", "), cell: cells[1])
        }
    }

    private static let calls = Set(
        ((try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []).filter { $0 != "README.md" })

    @Test("every name in it is a test call, or a test that is there")
    func names() throws {
        var sources: [String: String] = [:]
        for name in try PeopleTableTests.rows().flatMap(\.names) {
            let parts = name.split(separator: ".")
            guard name.contains("/"), parts.count == 2 else {
                #expect(PeopleTableTests.calls.contains(name), "there is no test call \(name)")
                continue
            }
            let path = repository.appending(path: "Tests/\(parts[0]).swift")
            let source = try sources[String(parts[0])] ?? String(contentsOf: path, encoding: .utf8)
            sources[String(parts[0])] = source
            #expect(source.contains("func \(parts[1])("), "there is no test \(name)")
        }
    }

    @Test("every way says of every failure what shows it, or why it cannot happen")
    func failures() throws {
        let rows = try PeopleTableTests.rows()
        let ways = Dictionary(grouping: rows, by: \.way)
        #expect(ways.count >= 17)
        for (way, rows) in ways {
            let failures = rows.flatMap(\.failures)
            #expect(failures.count == PeopleTableTests.failures.count, "\(way)")
            #expect(Set(failures) == PeopleTableTests.failures, "\(way)")
            #expect(rows.allSatisfy { $0.cell.count > 5 }, "\(way)")
        }
    }

    @Test("every test call to people stands in it")
    func calls() throws {
        let named = Set(try PeopleTableTests.rows().flatMap(\.names))
        #expect(PeopleTableTests.calls.subtracting(named).sorted() == [])
    }
}
