import Formula
import Foundation
import Telephony
import Testing

@Suite("The functions")
struct LibraryTests {
    @Test(
        "text",
        arguments: [
            ("Proper(\"o'neil AND sons\")", "\"O'neil And Sons\""), ("Len(\"😀a\")", "3"),
            ("Left([\"ab\", \"cd\"], 1)", "Table({Value:\"a\"},{Value:\"c\"})"),
            ("Replace(\"abcdef\", 3, 2, \"-\")", "\"ab-ef\""),
            ("Split(\"a,b\", \",\")", "Table({Value:\"a\"},{Value:\"b\"})"),
            ("Find(\"b\", \"abcb\", 3)", "4"), ("UniChar(128512)", "\"😀\""),
            ("EncodeHTML(\"<a & b>\")", "\"&lt;a &amp; b&gt;\""),
            ("PlainText(\"<b>x</b> &amp; y\")", "\"x & y\""), ("TrimEnds(\"  a  b \")", "\"a  b\""),
            ("Concat([1, 2], Value, \"-\")", "\"1-2\""), ("EndsWith(\"Hello\", \"LO\")", "true"),
            ("Dec2Hex(255)", "\"FF\""),
            ("Hex2Dec(\"FFFFFFFFFF\")", "-1"), ("Substitute(\"aaa\", \"a\", \"b\", 2)", "\"aba\""),
        ])
    func text(source: String, result: String) throws { #expect(try evaluated(source) == result) }

    @Test(
        "formats",
        arguments: [
            ("Text(1234.5, \"#,##0.00\")", "\"1,234.50\""), ("Text(0.125, \"0.0%\")", "\"12.5%\""),
            ("Text(-5, \"0;(0)\")", "\"(5)\""),
            ("Text(1234567, \"0.0E+00\")", "\"1.2E+06\""), ("Text(5, \"#.##\")", "\"5\""), ("Text(0, \"#\")", "\"\""),
            ("Text(1234.5, \"#,##0.0\", \"de-DE\")", "\"1.234,5\""),
            ("Text(Date(2026, 3, 2), \"ddd d mmm yyyy\")", "\"Mon 2 Mar 2026\""),
            ("Text(Time(13, 5, 9), \"h:mm:ss AM/PM\")", "\"1:05:09 PM\""),
            ("Text(Date(2026, 3, 2), \"dddd d mmmm\", \"de-DE\")", "\"Montag 2 März\""),
            ("Text(DateTime(2026, 3, 2, 4, 5, 6), DateTimeFormat.ShortTime24)", "\"04:05\""),
            ("Text(1e20, \"0\")", "\"100000000000000000000\""),
            ("Text(9.999, \"0.00\")", "\"10.00\""), ("Value(\"1.234,5\", \"de-DE\")", "1234.5"),
            ("Value(\"$1,000\")", "1000"), ("Value(\"12%\")", "0.12"),
        ])
    func formats(source: String, result: String) throws { #expect(try evaluated(source) == result) }

    @Test(
        "dates and times, on the caller's clock",
        arguments: [
            ("Now()", "DateTime(2026,3,2,4,30,0,0)"), ("Today()", "Date(2026,3,2)"), ("TimeZoneOffset()", "300"),
            ("TimeZoneOffset(Date(2026, 7, 1))", "240"),
            ("DateAdd(Date(2024, 1, 31), 1, TimeUnit.Months)", "Date(2024,2,29)"),
            ("EOMonth(Date(2024, 2, 3), 0)", "Date(2024,2,29)"), ("EDate(Date(2024, 3, 31), -1)", "Date(2024,2,29)"),
            ("DateDiff(Date(2026, 1, 1), Date(2026, 3, 1), TimeUnit.Days)", "59"),
            ("ISOWeekNum(Date(2021, 1, 3))", "53"),
            ("Weekday(Date(2026, 3, 2), StartOfWeek.Monday)", "1"),
            ("DateTimeValue(\"2026-03-02T09:30:00Z\")", "DateTime(2026,3,2,4,30,0,0)"),
            ("DateValue(\"2 März 2026\", \"de-DE\")", "Date(2026,3,2)"), ("TimeValue(\"1:05 PM\")", "Time(13,5,0,0)"),
            ("DateValue(\"31/12/2025\")", "Error({Kind:ErrorKind.InvalidArgument})"),
            ("JSON(DateTime(2026,3,2,4,30,0))", "\"\"\"2026-03-02T09:30:00.000Z\"\"\""),
            ("Date(9999, 12, 31) + 1", "Error({Kind:ErrorKind.InvalidArgument})"),
            ("UTCNow()", "DateTime(2026,3,2,9,30,0,0)"),
        ])
    func dates(source: String, result: String) throws {
        var scope = Variables()
        scope.timeZone = "America/New_York"
        #expect(try evaluated(source, in: scope) == result)
    }

    @Test(
        "tables",
        arguments: [
            ("AddColumns([1, 2], Double, Value * 2)", "Table({Double:2,Value:1},{Double:4,Value:2})"),
            ("DropColumns([{a: 1, b: 2}], a)", "Table({b:2})"), ("ShowColumns({a: 1, b: 2}, a)", "{a:1}"),
            ("RenameColumns([{a: 1}], a, z)", "Table({z:1})"),
            ("Distinct([1, 2, 1], Value)", "Table({Value:1},{Value:2})"),
            ("SortByColumns([{a: 2}, {a: 1}], a, SortOrder.Descending)", "Table({a:2},{a:1})"),
            (
                "Sort([\"b\", \"A\", \"a\", Blank()], Value)",
                "Table({Value:\"a\"},{Value:\"A\"},{Value:\"b\"},{Value:Blank()})"
            ),
            ("Index([1, 2], 2).Value", "2"), ("CountRows([])", "0"), ("Last([1, 2]).Value", "2"),
            ("IsEmpty([])", "true"),
            ("Sequence(3, 10, -5)", "Table({Value:10},{Value:5},{Value:0})"), ("VarP(1, 2, 3, 4)", "1.25"),
            ("StdevP([1, 3], Value)", "1"),
            ("CountA([\"1\", Blank(), \"\"])", "2"), ("Max(Date(2026, 1, 1), Date(2025, 1, 1))", "Date(2026,1,1)"),
            ("Table({a: 1}, [{a: 2}])", "Table({a:1},{a:2})"), ("[1, 2].Value", "Table({Value:1},{Value:2})"),
            ("ForAll([1, 0, 0], 1 / Value)", "Error(Table({Kind:ErrorKind.Div0},{Kind:ErrorKind.Div0}))"),
            ("Filter([1, 0], 1 / Value > 0)", "Table({Value:1},Error({Kind:ErrorKind.Div0}))"),
            ("Search([{n: \"Anna\"}], \"nn\", n)", "Table({n:\"Anna\"})"),
        ])
    func tables(source: String, result: String) throws { #expect(try evaluated(source) == result) }

    @Test(
        "JSON",
        arguments: [
            (
                "JSON({b: 1, a: [true, Blank()]})",
                "\"{\"\"a\"\":[{\"\"Value\"\":true},{\"\"Value\"\":null}],\"\"b\"\":1}\""
            ),
            ("JSON([1, 2], JSONFormat.FlattenValueTables)", "\"[1,2]\""),
            ("Value(ParseJSON(\"{\"\"a\"\":[1,2.5]}\").a)", "Error({Kind:ErrorKind.InvalidArgument})"),
            ("Value(Index(ParseJSON(\"[1,2.5]\"), 2))", "2.5"), ("Text(ParseJSON(\"\"\"\\u00e9\"\"\"))", "\"é\""),
            ("ParseJSON(\"{\")", "Error({Kind:ErrorKind.InvalidJSON})"),
            ("ColumnNames(ParseJSON(\"{\"\"b\"\":1,\"\"a\"\":2}\"))", "Table({Value:\"b\"},{Value:\"a\"})"),
            ("Boolean(ParseJSON(\"true\"))", "true"), ("ParseJSON(\"{\"\"x\"\":3}\").x + 1", "4"),
            ("IsBlank(ParseJSON(\"null\"))", "true"),
        ])
    func json(source: String, result: String) throws { #expect(try evaluated(source) == result) }

    @Test(
        "regular expressions",
        arguments: [
            ("Match(\"2026-03\", \"(?<y>\\d{4})-(?<m>\\d\\d)\").m", "\"03\""),
            ("MatchAll(\"a1b2\", \"\\d\")", "Table({FullMatch:\"1\",StartMatch:2},{FullMatch:\"2\",StartMatch:4})"),
            ("IsMatch(\"abcabc\", \"^(abc)\\1$\", MatchOptions.NumberedSubMatches)", "true"),
            ("IsMatch(\"foobar\", \"foo(?=bar)\")", "true"),
            ("IsMatch(\"foobaz\", \"foo(?!baz)\")", "false"), ("Match(\"xfoo\", \"(?<=x)foo\").StartMatch", "2"),
            ("Match(\"aaa\", \"a+?\").FullMatch", "\"a\""),
            ("IsMatch(\"ÄB\", \"äb\", MatchOptions.IgnoreCase)", "true"),
            ("IsMatch(\"a\" & Char(10) & \"b\", \"^b\", MatchOptions.Multiline)", "true"),
            ("IsMatch(\"word\", \"\\bwo\")", "true"),
            ("IsMatch(\"a b\", \"a # x\" & Char(10) & \"\\s b\", MatchOptions.FreeSpacing)", "true"),
            (
                "MatchAll(\"ab\", \"x*\")",
                "Table({FullMatch:\"\",StartMatch:1},{FullMatch:\"\",StartMatch:2},{FullMatch:\"\",StartMatch:3})"
            ),
            ("IsMatch(\"555-1234\", Match.MultipleDigits & Match.Hyphen & Match.Digit)", "true"),
            ("Match(\"b\", \"(?<x>a)?b\").x", "Blank()"),
            ("IsMatch(\"ab\", \"(a*)*b\")", "true"), ("Match(\"x12\", \"[^\\d\\s]\").FullMatch", "\"x\""),
        ])
    func patterns(source: String, result: String) throws { #expect(try evaluated(source) == result) }

    @Test(
        "regular expressions that are none are mistakes",
        arguments: ["(", "a)", "[", "*a", "a{2,1}", "\\q", "[z-a]", "(?<a>x)(?<a>y)", "a**", "\\p{Xx}"])
    func badPatterns(source: String) throws {
        let diagnostics = try Formula.Expression("IsMatch(\"a\", \"\(source)\")").check { _ in nil }
        #expect(diagnostics.count == 1)
        #expect(diagnostics.first?.message.hasPrefix("in the regular expression, at character") == true)
    }

    @Test("the same seed draws the same numbers")
    func randomness() throws {
        let source = "RandBetween(1, 1000000) & Text(GUID()) & First(Shuffle([1, 2, 3])).Value & Rand()"
        #expect(try evaluated(source) == evaluated(source))
        var other = Variables()
        other.seed = 8
        #expect(try evaluated(source) != evaluated(source, in: other))
    }
}

@Suite("The documentation")
struct DocumentationTests {
    @Test("the article of functions names every function, and no other")
    func functions() throws {
        let article = URL(filePath: #filePath)
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "Sources/Formula/Formula.docc/Functions.md")
        let text = try String(contentsOf: article, encoding: .utf8)
        let listed = text.components(separatedBy: "### Operators")[0].split(separator: "`").enumerated()
            .filter { $0.offset % 2 == 1 }.map { String($0.element) }
        #expect(listed.sorted() == Formula.Expression.functionNames.sorted())
    }
}
