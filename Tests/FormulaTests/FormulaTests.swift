import Formula
import Telephony
import Testing

/// Variables for a formula.
private struct Scope: FormulaScope {
    var values: [String: Value] = [:]
    // Monday, 2 March 2026, 09:30 UTC.
    var now = WallTime(millisecondsSince1970: 1_772_443_800_000)
    var timeZone = "UTC"

    func value(of path: [String]) -> Value? {
        guard var value = values[path.prefix(2).joined(separator: ".")] else { return nil }
        for name in path.dropFirst(2) { value = value.member(name) ?? .blank }
        return value
    }
}

@Suite("Formulas")
struct FormulaTests {
    private let scope = Scope(values: [
        "Topic.Count": .number(3), "Topic.Name": .text("Ann"), "Topic.Nothing": .blank,
        "Topic.Secret": Value(.text("4711"), isSensitive: true),
        "Topic.Answer": .record([Value.Field("known", .boolean(true)), Value.Field("amount", .number(42.5))]),
    ])

    @Test(
        "a formula has the value that Power Fx gives it",
        arguments: [
            ("1 + 2 * 3", "7"), ("(1 + 2) * 3", "9"), ("2 ^ 3 ^ 1", "8"), ("-2 + 5", "3"), ("50%", "0.5"),
            ("10 / 4", "2.5"), ("1 / 0", "Error({Kind:ErrorKind.Div0})"), ("\"a\" & 1 & true", "\"a1true\""),
            ("\"a\" = \"A\"", "false"), ("1 < 2 && 2 < 3", "true"), ("Not(true) || !false", "true"),
            ("If(Topic.Count > 2, \"many\", \"few\")", "\"many\""), ("If(false, 1)", "Blank()"),
            ("Switch(Topic.Name, \"Bob\", 1, \"Ann\", 2, 3)", "2"), ("Coalesce(Topic.Nothing, 5)", "5"),
            ("IsBlank(Topic.Nothing)", "true"), ("Len(\"äöü\")", "3"),
            ("Left(\"hello\", 2) & Right(\"hello\", 2)", "\"helo\""),
            ("Mid(\"hello\", 2, 3)", "\"ell\""), ("Upper(Trim(\"  a  b \"))", "\"A B\""),
            ("Value(\"12.5\") + 1", "13.5"),
            ("Text(42.5, \"0.00\")", "\"42.50\""), ("Text(7, \"000\")", "\"007\""), ("Round(2.345, 2)", "2.35"),
            ("Mod(-1, 5)", "4"), ("\"nn\" in \"Anna\"", "true"), ("Weekday(Now())", "2"), ("Hour(Now())", "9"),
            ("Topic.Answer.amount * 2", "85"), ("Topic.Answer.known", "true"), ("CountRows([1, 2, 3])", "3"),
            ("IfError(1 / 0, 9)", "9"), ("{a: 1, b: \"x\"}", "{a:1,b:\"x\"}"),
            ("\"say \"\"hi\"\"\"", "\"say \"\"hi\"\"\""),
            ("Substitute(\"a-b-c\", \"-\", \"\")", "\"abc\""), ("Concatenate(\"a\", 1)", "\"a1\""),
            ("1 + /* two */ 2 // three", "3"),
        ])
    func values(source: String, result: String) throws {
        #expect(try Expression(source).evaluate(in: scope).powerFx == result)
        #expect(try Expression("=" + source).evaluate(in: scope).powerFx == result)
    }

    @Test("the time zone counts", arguments: [("America/New_York", "4"), ("Asia/Tokyo", "18")])
    func timeZones(zone: String, hour: String) throws {
        var scope = scope
        scope.timeZone = zone
        #expect(try Expression("Hour(Now())").evaluate(in: scope).powerFx == hour)
    }

    @Test(
        "a mistake is named with its column",
        arguments: [("=If(1 >", 8), ("=1 +", 5), ("=\"open", 2), ("=(1", 4), ("=1 2", 4), ("={a 1}", 5), ("=#", 2)])
    func mistakes(source: String, column: Int) {
        let diagnostic = #expect(throws: Diagnostic.self) { try Expression(source) }
        #expect(diagnostic?.column == column)
    }

    @Test("unknown functions and names are found without evaluating")
    func check() throws {
        let expression = try Expression("=Foo(Topic.Count) + Bar.Baz")
        let messages = expression.check { $0.first == "Topic" ? nil : "unknown" }.map(\.message)
        #expect(messages == ["there is no function Foo", "unknown"])
    }

    @Test("what is computed from a secret is a secret, and shows nowhere")
    func sensitivity() throws {
        for source in [
            "Topic.Secret", "Topic.Secret & \"x\"", "Len(Topic.Secret)", "If(Topic.Secret = \"4711\", 1, 2)",
            "Value(Topic.Secret) + 1",
        ] {
            let value = try Expression(source).evaluate(in: scope)
            #expect(value.isSensitive, "\(source)")
            #expect("\(value)" == redactionPlaceholder)
        }
        let text = try Template("your PIN is {Topic.Secret}").evaluate(in: scope)
        #expect(text.isSensitive)
        #expect(text.text(for: .speechToCaller) == "your PIN is 4711")
    }

    @Test("a template's formulas are filled in, escaped braces stay")
    func templates() throws {
        let text = try Template("{Topic.Name} has {Topic.Count + 1} \\{items\\}").evaluate(in: scope)
        #expect(text.text(for: .dialog) == "Ann has 4 {items}")
        #expect(throws: Diagnostic.self) { try Template("Hello {Topic.Name") }
    }

    @Test("10,000 nested brackets are refused, not crashed on")
    func nesting() {
        let source = String(repeating: "(", count: 10_000) + "1" + String(repeating: ")", count: 10_000)
        let diagnostic = #expect(throws: Diagnostic.self) { try Expression(source) }
        #expect(diagnostic?.message.contains("nested") == true)
        #expect(throws: Diagnostic.self) { try Expression(String(repeating: "-", count: 10_000) + "1") }
    }

    @Test("random formulas are read or refused", arguments: [1, 2] as [UInt64])
    func noise(seed: UInt64) {
        let pieces = [
            "1", "\"a\"", "(", ")", "{", "}", "a:", ",", "+", "-", "If(", "Topic.Count", ".", "&&", "!", "=", "in", "[",
            "]", "%", "Len(", "'", "x",
        ]
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<3_000 {
            let source = (0..<Int(generator.next() % 12)).map { _ in
                pieces[Int(generator.next() % UInt64(pieces.count))]
            }.joined(separator: " ")
            if let expression = try? Expression(source) { _ = expression.evaluate(in: scope) }
        }
    }
}
