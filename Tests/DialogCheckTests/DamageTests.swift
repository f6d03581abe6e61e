import AgentFiles
import Documents
import Foundation
import Testing

@testable import DialogCheck

/// Documents that are damaged: whatever stands in them, the check and the drawing come to an end.
@Suite("Damaged documents")
struct DamageTests {
    private static let texts: [String] = {
        let folders = [Fixtures.folder, Fixtures.riverbend]
        let files = folders.flatMap { folder in
            (FileManager.default.subpaths(atPath: folder.path) ?? []).filter { $0.hasSuffix(".yml") }.sorted()
                .compactMap { try? String(contentsOf: folder.appending(path: $0), encoding: .utf8) }
        }
        return files
    }()

    private func damaged(_ text: String, _ random: inout Seeded) -> String {
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        for _ in 0..<(1 + random.next(4)) where !lines.isEmpty {
            let line = random.next(lines.count)
            switch random.next(7) {
            case 0: lines.remove(at: line)
            case 1: lines.insert(lines[random.next(lines.count)], at: line)
            case 2: lines[line] = String(lines[line].prefix(random.next(lines[line].count + 1)))
            case 3: lines[line] = "  " + lines[line]
            case 4:
                let characters = Array("{}[]:=-\"'<>#*&|\\é0 ")
                let at = lines[line].index(lines[line].startIndex, offsetBy: random.next(lines[line].count + 1))
                lines[line].insert(characters[random.next(characters.count)], at: at)
            case 5: lines[line] = lines[line].replacing(/:.*/, with: ": 99999999999999999999")
            default: lines.swapAt(line, random.next(lines.count))
            }
        }
        return lines.joined(separator: "\n")
    }

    @Test("are checked and drawn without a trap", arguments: 0..<40)
    func damage(seed: Int) {
        var random = Seeded(UInt64(seed))
        var topics: [String: String] = [:]
        for index in 0..<4 {
            let text = DamageTests.texts[random.next(DamageTests.texts.count)]
            topics["Topic\(index)"] = damaged(text, &random)
        }
        let agent = Fixtures.agent(topics)
        let findings = DialogCheck.findings(agent, [])
        let svg = DialogDrawing(agent, name: "damaged", findings: findings, contexts: []).svg()
        #expect(svg.hasSuffix("</svg>\n"), "seed \(seed)")
    }

    @Test("a topic of many actions that all go back to the first is checked and drawn")
    func large() {
        var text = "kind: AdaptiveDialog\nbeginDialog:\n  kind: OnConversationStart\n  actions:\n"
        text +=
            "    - kind: Question\n      id: a0\n      variable: Topic.X\n      prompt: Press 1.\n      entity: NumberPrebuiltEntity\n"
        for index in 1...120 {
            text +=
                "    - kind: ConditionGroup\n      id: c\(index)\n      conditions:\n        - condition: =Topic.X = \(index)\n"
            text +=
                "          actions:\n            - kind: GotoAction\n              id: g\(index)\n              actionId: a0\n"
        }
        let agent = Fixtures.agent(["Start": text])
        let findings = DialogCheck.findings(agent, [])
        #expect(findings.map(\.code) == ["no-exit", "no-exit"])
        #expect(DialogDrawing(agent, name: "large", findings: findings).svg().hasSuffix("</svg>\n"))
    }
}
