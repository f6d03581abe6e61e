import Formula
import Telephony
import Testing

/// Variables for a formula.
struct Variables: FormulaScope {
    var values: [String: Value] = [:]
    // Monday, 2 March 2026, 09:30 UTC.
    var now = WallTime(millisecondsSince1970: 1_772_443_800_000)
    var timeZone = "UTC"
    var language = "en-US"
    var seed: UInt64 = 7

    func value(of path: [String]) -> Value? {
        guard var value = values[path.prefix(2).joined(separator: ".")] else { return nil }
        for name in path.dropFirst(2) { value = value.member(name) ?? .blank }
        return value
    }
}

func evaluated(_ source: String, in scope: Variables = Variables(), budget: EvaluationBudget = .command) throws
    -> String
{
    try Expression(source).evaluate(in: scope, budget: budget).powerFx
}

@Suite("The language")
struct LanguageTests {
    @Test(
        "operators bind as Power Fx has them",
        arguments: [
            ("2 + 3 * 4", "14"), ("-2 ^ 2", "-4"), ("2 ^ 3 ^ 2", "512"), ("10 - 4 - 3", "3"), ("200%", "2"),
            ("\"a\" & 1 + 2", "\"a3\""), ("!true || true", "true"), ("Not true Or true", "true"),
            ("1 + 1 in \"12\"", "true"), ("\"B\" exactin \"abc\"", "false"), ("2 in [1, 2]", "true"),
            ("true && false || true", "true"), ("1 < 2 = true", "true"), ("--3", "3"), ("3 --3", "6"),
        ])
    func precedence(source: String, result: String) throws { #expect(try evaluated(source) == result) }

    @Test(
        "numbers are decimals until a function makes floats of them",
        arguments: [
            ("0.1 + 0.2", "0.3"), ("1 / 3", "0.3333333333333333333333333333"),
            ("2 / 3", "0.6666666666666666666666666667"),
            ("79228162514264337593543950335 + 1", "Error({Kind:ErrorKind.Numeric})"),
            ("1.0000000000000000000000000001 - 1", "0.0000000000000000000000000001"), ("1e3", "1000"), ("7 / 7", "1"),
            ("10000000000000000 * 10000000000000000", "Error({Kind:ErrorKind.Numeric})"), ("Mod(5.5, -2)", "-0.5"),
            ("Sqrt(2)", "1.4142135623730951"), ("Float(\"1e100\")", "1E+100"), ("Round(2.5, 0)", "3"),
            ("Round(-2.5, 0)", "-3"), ("RoundUp(1.01, 1)", "1.1"), ("Int(-1.5)", "-2"), ("Trunc(-1.5)", "-1"),
        ])
    func numbers(source: String, result: String) throws { #expect(try evaluated(source) == result) }

    @Test("numbers are floats when the host wants them so")
    func floats() throws {
        var options = Expression.Options()
        options.numberIsFloat = true
        let value = try Expression("0.1 + 0.2", options: options).evaluate(in: Variables())
        #expect(value.powerFx == "0.30000000000000004")
    }

    @Test(
        "blanks, errors and conversions are those of Power Fx",
        arguments: [
            ("Blank() + 1", "1"), ("Blank() & \"a\"", "\"a\""), ("Blank() = 0", "false"), ("Blank() = \"\"", "false"),
            ("\"3\" * \"4\"", "12"), ("\"x\" + 1", "Error({Kind:ErrorKind.InvalidArgument})"), ("true + true", "2"),
            ("1/0 + Sqrt(-1)", "Error(Table({Kind:ErrorKind.Div0},{Kind:ErrorKind.Numeric}))"),
            ("IfError(1/0, FirstError.Kind)", "13"), ("IfError(1, 2, 3)", "3"), ("IsError(1/0)", "true"),
            ("If(1/0 = 1, 2)", "Error({Kind:ErrorKind.Div0})"),
            ("Error({Kind: 1001, Message: \"x\"})", "Error({Kind:1001})"),
            ("IfError(Error({Kind: ErrorKind.Custom, Message: \"no\"}), FirstError.Message)", "\"no\""),
            ("Coalesce(Blank(), \"\", 3)", "\"3\""), ("If(false, \"a\", 1)", "\"1\""),
            ("Switch(3, 1, \"a\", 3, 5)", "\"5\""),
        ])
    func blanks(source: String, result: String) throws { #expect(try evaluated(source) == result) }

    @Test(
        "rows are names: ThisRecord, As, nested scopes, dynamic ones",
        arguments: [
            ("Filter([1, 2, 3], Value > 1)", "Table({Value:2},{Value:3})"),
            (
                "ForAll([1, 2] As A, ForAll([10] As B, A.Value + B.Value))",
                "Table({Value:Table({Value:11})},{Value:Table({Value:12})})"
            ),
            ("With({a: 1}, With({b: 2}, a + b))", "3"), ("LookUp([{a: 1, b: \"x\"}], a = 1).b", "\"x\""),
            ("Filter(Topic.Rows, price > 2)", "Table({price:3})"), ("Sum(Topic.Rows, price)", "4"),
            ("ForAll(Topic.Rows, price & Topic.Name)", "Table({Value:\"1Ann\"},{Value:\"3Ann\"})"),
            ("First(Topic.Rows).price", "1"), ("With({'odd name': 2}, 'odd name' + 1)", "3"),
            ("[{a: 1}, {b: 2}]", "Table({a:1,b:Blank()},{a:Blank(),b:2})"),
            ("$\"{1 + 1} {{x}} {\"q\"}\"", "\"2 {x} q\""),
            ("1; 2", "2"), ("/* a */ 1 // b", "1"),
        ])
    func scopes(source: String, result: String) throws {
        let rows = [1.0, 3.0].map { Value.record([Value.Field("price", .number($0))]) }
        let scope = Variables(values: ["Topic.Rows": .table(rows), "Topic.Name": .text("Ann")])
        #expect(try evaluated(source, in: scope) == result)
    }

    @Test("text comes first, with formulas in ${…}, when the host wants it so")
    func textFirst() throws {
        var options = Expression.Options()
        options.isTextFirst = true
        for (source, result) in [("a ${1 + 1} {b}", "\"a 2 {b}\""), ("=1 + 1", "2"), ("$${x}", "\"${x}\"")] {
            #expect(try Expression(source, options: options).evaluate(in: Variables()).powerFx == result)
        }
    }
}
