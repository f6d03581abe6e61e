import Formula
import Telephony
import Testing

/// Variables with types.
private struct Types: FormulaTypes {
    func type(of path: [String]) -> FormulaType? {
        switch path.joined(separator: ".") {
        case "Topic.Count": .number
        case "Topic.Name": .text
        case "Topic.Due": .date
        case "Topic.Rows": .table(of: [FormulaType.Column("price", .number), FormulaType.Column("name", .text)])
        case "Topic.Any": .unknown
        default: nil
        }
    }
}

@Suite("The check before evaluation")
struct CheckTests {
    @Test(
        "a mistake is named with its place",
        arguments: [
            ("=Lenn(Topic.Name)", 2, "there is no function Lenn; did you mean Len?"),
            ("=len(Topic.Name)", 2, "there is no function len; did you mean Len?"),
            ("=Left(Topic.Name)", 2, "Left takes 2 arguments, not 1"),
            ("=Topic.Nome", 2, "there is no variable Topic.Nome"),
            ("=Topic.Count = Topic.Name", 14, "a number and a text are never equal; convert one of them first"),
            ("=Topic.Due + Topic.Due", 12, "'+' does not go with a date and a date"),
            ("=Filter(Topic.Rows, prize > 1)", 21, "there is no variable prize; did you mean the column price?"),
            ("=First(Topic.Rows).prize", 20, "there is no column 'prize' here; did you mean price?"),
            ("=Left(Topic.Rows, 1)", 7, "Left takes a text as its 1st argument, not a table"),
            (
                "=If(true, {a: 1}, 2)", 19,
                "If gives a record or a number here; all its results must be of the first one's type"
            ),
            ("=SortOrder.Ascnding", 12, "SortOrder has no Ascnding; did you mean Ascending?"),
            ("=Collect(Topic.Rows, 1)", 2, "Collect is not supported: a call has nothing for it to act on"),
            ("=Filter(Topic.Name, true)", 9, "Filter takes a table as its 1st argument, not a text"),
            ("=Year(true)", 7, "Year takes a date or time as its 1st argument, not true or false"),
            ("={a: 1, a: 2}", 9, "the record has the field 'a' twice"),
        ])
    func mistakes(source: String, column: Int, message: String) throws {
        let diagnostics = try Expression(source).check(types: Types()).diagnostics
        #expect(diagnostics.map(\.message) == [message])
        #expect(diagnostics.first?.column == column)
    }

    @Test(
        "what is right has a type",
        arguments: [
            ("Topic.Count + 1", FormulaType.number), ("Len(Topic.Name)", .decimal), ("Topic.Due + 1", .date),
            (
                "Filter(Topic.Rows, price > 1 && name = \"x\")",
                .table(of: [FormulaType.Column("name", .text), FormulaType.Column("price", .number)])
            ),
            ("Topic.Any", .unknown), ("Sum(Topic.Rows, price)", .number), ("First(Topic.Rows).name", .text),
            ("ParseJSON(\"1\")", .untyped),
        ])
    func types(source: String, type: FormulaType) throws {
        let (found, diagnostics) = try Expression(source).check(types: Types())
        #expect(diagnostics.isEmpty)
        #expect(found == type)
    }

    @Test("values of unknown type are checked when they are there")
    func unknown() throws {
        #expect(
            try Expression("Topic.Any + Topic.Any & Filter(Topic.Any, x > Topic.Any)").check(types: Types()).diagnostics
                .isEmpty)
        let scope = Variables(values: ["Topic.Any": Value(.date(LocalTime(milliseconds: 0)))])
        #expect(try evaluated("Topic.Any + 1", in: scope) == "Date(1899,12,31)")
        #expect(try evaluated("Topic.Any + Topic.Any", in: scope) == "Error({Kind:ErrorKind.InvalidArgument})")
    }

    @Test("a template's formula must have a text")
    func templates() throws {
        let diagnostics = try Template("You owe {Topic.Rows}.").check(types: Types())
        #expect(diagnostics.map(\.offset) == [9])
        #expect(try Template("You owe {Sum(Topic.Rows, price)}.").check(types: Types()).isEmpty)
    }
}
