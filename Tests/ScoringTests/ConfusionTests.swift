import Testing

@testable import Scoring

@Suite("Confusion")
struct ConfusionTests {
    @Test("a row for each tone made, a column for each heard, in the order of their plan, silence last")
    func table() {
        var confusion = Confusion()
        for _ in 0..<3 { confusion.add(made: "busy", heard: "busy") }
        confusion.add(made: "busy", heard: "congestion")
        confusion.add(made: "ringBack", heard: nil)
        confusion.add(made: nil, heard: "beep")
        let table = confusion.table
        #expect(table.columns == ["made", "busy", "congestion", "beep", "nothing"])
        #expect(
            table.rows == [
                ["ringBack", "0", "0", "0", "1"], ["busy", "3", "1", "0", "0"], ["nothing", "0", "0", "1", "0"],
            ])
    }
}
