import Scoring
import Testing

@Suite("Scorecard")
struct ScorecardTests {
    private var card: Scorecard {
        var card = Scorecard(suite: "dtmf", detector: "<parley>", seed: 7)
        card.figures = [.init("digitErrorRate", "digits missed or wrong", 0.0125, unit: "%")]
        card.tables = [.init("Conditions", columns: ["condition", "digits"], rows: [["40 ms & 40 ms", "16"]])]
        return card
    }

    @Test("is printed with its figures, shares in per cent, and its tables")
    func text() {
        #expect(
            card.lines == [
                "dtmf: <parley> (seed 7)", "  digits missed or wrong  1.25 %", "", "Conditions",
                "  condition      digits",
                "  40 ms & 40 ms  16",
            ])
    }

    @Test("is a page in which no name becomes markup")
    func page() {
        let page = HTMLReport([card]).text
        #expect(page.contains("&lt;parley&gt;"))
        #expect(page.contains("40 ms &amp; 40 ms"))
        #expect(!page.contains("<parley>"))
    }
}
