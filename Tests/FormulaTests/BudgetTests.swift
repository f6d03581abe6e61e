import Formula
import Telephony
import Testing

@Suite("Budgets")
struct BudgetTests {
    @Test(
        "a formula that would hold up a call ends in an error that says so",
        arguments: [
            "ForAll(Sequence(50000), ForAll(Sequence(50000), Value))",
            "IsMatch(\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!\", \"^(a+)+$\")",
            "IfError(CountRows(ForAll(Sequence(50000), Sequence(50000))), 1)",
            "CountRows(ForAll(Sequence(50000), Sequence(1000)))",
            "With({a: Concat(Sequence(50000), \"0123456789012345678901234567890123456789\")}, Substitute(a, \"0\", a))",
            "IsError(ForAll(Sequence(50000), ForAll(Sequence(50000), 1/0)))",
            "Filter(Sequence(50000), CountIf(Sequence(50000), Value > 0) > 0)",
            "Concat(Sequence(50000), Concat(Sequence(1000), \"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\"))",
            "MatchAll(\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!\", \"(a|aa)+$|b\")",
        ])
    func endless(source: String) throws {
        let error = try #require(try Expression(source).evaluate(in: Variables()).error)
        #expect(error.kind == .budgetExceeded)
        #expect(error.message.contains("too m"))
    }

    @Test("a table of a million rows is refused")
    func millionRows() throws {
        #expect(try evaluated("Sequence(1000000)") == "Error({Kind:ErrorKind.InvalidArgument})")
        let rows = Value.table((0..<1_000_000).map { _ in Value.record([Value.Field("a", .number(1))]) })
        let scope = Variables(values: ["Topic.Rows": rows])
        let error = try Expression("Sum(Filter(Topic.Rows, a > 0), a)").evaluate(in: scope).error
        #expect(error?.kind == .budgetExceeded)
    }

    @Test(
        "formulas nested or chained without end are refused or evaluated, never crashed on",
        arguments: [
            ("(", "1", ")"), ("[", "1", "]"), ("-", "1", ""), ("Abs(", "1", ")"), ("{a:", "1", "}"),
            ("If(true,", "1", ")"), ("$\"{", "1", "}\""), ("!", "true", ""), ("2^", "1", ""),
        ])
    func nesting(open: String, middle: String, close: String) {
        let source = String(repeating: open, count: 10_000) + middle + String(repeating: close, count: 10_000)
        let diagnostic = #expect(throws: Diagnostic.self) { try Expression(source) }
        #expect(diagnostic?.message.contains("take it apart") == true)
    }

    @Test("long rows of operators", arguments: ["+", "-", "*", "&", "&&", "||", "=", ";"])
    func chains(symbol: String) {
        let source = Array(repeating: "1", count: 10_000).joined(separator: symbol)
        if let expression = try? Expression(source) { _ = expression.evaluate(in: Variables()) }
        let members = "Topic" + String(repeating: ".a", count: 10_000)
        if let expression = try? Expression(members) { _ = expression.evaluate(in: Variables()) }
    }

    @Test(
        "the deepest formulas that are read are evaluated",
        arguments: ["If(true,", "Abs(", "With({a:1},", "ForAll([1],"])
    func deepest(open: String) throws {
        for depth in 1...60 {
            let source = String(repeating: open, count: depth) + "1" + String(repeating: ")", count: depth)
            guard let expression = try? Expression(source) else { return }
            let value = expression.evaluate(in: Variables())
            #expect(value.error == nil)
            _ = value.powerFx
        }
    }
}

@Suite("Secrets in formulas")
struct SecrecyTests {
    private let scope = Variables(values: [
        "Topic.Secret": Value(.text("4711"), isSensitive: true), "Topic.Open": .text("x"),
        "Topic.Card": .record([
            Value.Field("pin", Value(.text("4711"), isSensitive: true)), Value.Field("name", .text("Ann")),
        ]),
    ])

    @Test(
        "whatever is computed from a secret is one",
        arguments: [
            "Topic.Secret", "Len(Topic.Secret)", "If(Topic.Secret = \"1\", 1, 2)", "{a: Topic.Secret}",
            "[Topic.Secret]",
            "IsBlank(Topic.Secret)", "Value(Topic.Secret) / 0", "With({s: Topic.Secret}, 1)",
            "Filter([1, 2], Topic.Secret = \"1\")",
            "JSON(Topic.Card)", "Topic.Card.pin", "Topic.Card", "CountRows([Topic.Card])", "ForAll([1], Topic.Secret)",
            "IsMatch(Topic.Secret, \"4\")", "ParseJSON(Topic.Secret)", "Switch(Topic.Secret, \"4711\", true)",
            "Concat([1], Topic.Secret)",
            "Sort([1, 2], Topic.Secret)", "IfError(Value(Topic.Secret), 0)", "Coalesce(Topic.Secret, 1)",
            "Text(Topic.Secret, \"0\")",
        ])
    func computed(source: String) throws {
        let value = try Expression(source).evaluate(in: scope)
        #expect(value.isSensitive)
        #expect("\(value)" == redactionPlaceholder)
        #expect(String(reflecting: value) == redactionPlaceholder)
        #expect(!(value.error?.message.contains("4711") ?? false))
    }

    @Test(
        "what reads no secret is none",
        arguments: ["Topic.Open", "Topic.Card.name", "If(true, 1, Topic.Secret)", "1 + 1"])
    func open(source: String) throws { #expect(try !Expression(source).evaluate(in: scope).isSensitive) }

    @Test("a part of a record that is secret shows nowhere")
    func parts() {
        let card = scope.values["Topic.Card"] ?? .blank
        #expect(!"\(card)".contains("4711"))
        #expect(card.disclosable.isSensitive)
    }
}
