import FrontEnd

/// What was heard in place of what: a row for each tone that was made, a column for each that was heard.
struct Confusion: Sendable {
    private var counts: [String: [String: Int]] = [:]

    /// What stands for silence.
    private static let nothing = "nothing"

    /// Takes a signal and the first thing that was heard of it, `nil` for neither.
    mutating func add(made: String?, heard: String?) {
        counts[made ?? Confusion.nothing, default: [:]][heard ?? Confusion.nothing, default: 0] += 1
    }

    /// The matrix, tones in the order of their plan; those that neither were made nor heard are left out.
    var table: Scorecard.Table {
        let known = CallProgressTone.allCases.map(\.rawValue)
        let named = Set(counts.keys).union(counts.values.flatMap(\.keys))
        let order = known + named.subtracting(known).subtracting([Confusion.nothing]).sorted() + [Confusion.nothing]
        let made = order.filter { counts[$0] != nil }
        let heard = order.filter { tone in counts.values.contains { $0[tone] != nil } }
        return Scorecard.Table(
            "Made, and heard in its place", columns: ["made"] + heard,
            rows: made.map { tone in [tone] + heard.map { String(counts[tone]?[$0] ?? 0) } })
    }
}
