import Formula
import Foundation
import Telephony
import Testing

/// The public cases of Power Fx that lie beside the package.
@Suite("Public cases")
struct SuiteCasesTests {
    private static let folder = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "shared/cases/powerfx")
    private static let now = WallTime(millisecondsSince1970: 1_772_443_800_000)

    private static var files: [URL] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        return names.filter { $0.hasSuffix(".txt") }.sorted().map { folder.appending(path: $0) }
    }

    @Test("all cases of supported functions pass, and at least 97 of 100 of all cases")
    func cases() throws {
        guard !SuiteCasesTests.files.isEmpty else {
            print("public Power Fx cases are absent: ../shared/cases/powerfx is not there, so none was run")
            return
        }
        var passed = 0
        var total = 0
        for url in SuiteCasesTests.files {
            let file = CaseFile(try String(contentsOf: url, encoding: .utf8))
            for test in file.cases {
                total += 1
                switch file.run(test, now: SuiteCasesTests.now) {
                case .passed: passed += 1
                case .failed(let actual):
                    Issue.record(
                        "\(url.lastPathComponent):\(test.line): \(test.source) gives \(actual), not \(test.expected)")
                case .unsupported: break
                }
            }
        }
        print("public Power Fx cases: \(passed) of \(total) pass")
        #expect(total > 2_000)
        #expect(passed * 100 >= total * 97)
    }

    @Test("a file of cases is read: continued formulas, comments, switches, results of several lines")
    func reading() {
        let file = CaseFile(
            """
            #SETUP: NumberIsFloat
            // a comment
            >> 1 + 1
            2

            >> Sum(
               [1, 2],
            Value)
            3

            >> Foo(1)
            Errors: whatever

            >> 1 + 1
            3

            >> Patch(1)
            4
            """)
        #expect(file.options.numberIsFloat)
        #expect(file.cases.map(\.line) == [3, 6, 11, 14, 17])
        let outcomes = file.cases.map { file.run($0, now: SuiteCasesTests.now) }
        #expect(outcomes == [.passed, .passed, .passed, .failed("2"), .unsupported(function: "Patch")])
    }
}
