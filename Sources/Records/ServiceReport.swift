package import Telephony

/// What became of the calls of a period, in the figures that a contact centre steers by.
///
/// Taken from sealed contexts and, where they were kept, their facts. Shares are of answered calls.
package struct ServiceReport: Sendable, Equatable, Encodable {
    package var since: WallTime?
    package var until: WallTime?
    package var calls = 0
    package var answered = 0
    /// Ended in the dialog, with the caller's concern settled as far as the dialog can tell.
    package var contained = 0
    package var escalated = 0
    package var abandoned = 0
    package var failed = 0
    /// Seconds from answer to end.
    package var handleTime = Distribution()
    /// Seconds from the wish to hand over to its end.
    package var wait = Distribution()
    /// Seconds from the caller's last key or word to the first sample of the answer.
    package var responseLatency = Distribution()
    /// Seconds that requests to the outside took.
    package var requestLatency = Distribution()
    package var failedRequests = 0
    package var transfers: [Count] = []
    package var actions: [Action] = []
    package var mos = Distribution()
    /// Packets lost of packets expected, 0 to 1.
    package var loss = Distribution()
    /// Milliseconds.
    package var jitter = Distribution()
    /// Calls by the day on which they began, in UTC.
    package var days: [Day] = []

    /// How often something of a name happened.
    package struct Count: Sendable, Equatable, Encodable {
        package var name: String
        package var count: Int
    }

    /// A question or another action of a topic.
    package struct Action: Sendable, Equatable, Encodable {
        package var topic: String
        package var action: String
        package var kind: String
        /// Calls that reached it.
        package var reached = 0
        /// Calls that their caller ended there.
        package var droppedOff = 0
        package var inputs = 0
        package var noInput = 0
        package var noMatch = 0
        package var dropOff: Double { reached == 0 ? 0 : Double(droppedOff) / Double(reached) }

        private enum CodingKeys: String, CodingKey {
            case topic, action, kind, reached, droppedOff, inputs, noInput, noMatch
        }
    }

    package struct Day: Sendable, Equatable, Encodable {
        package var day: String
        package var calls = 0
        package var contained = 0
        package var escalated = 0
        package var abandoned = 0
        package var failed = 0
    }

    package var containment: Double { share(contained) }
    package var escalation: Double { share(escalated) }
    package var abandonment: Double { share(abandoned) }
    package func share(_ count: Int) -> Double { answered == 0 ? 0 : Double(count) / Double(answered) }
}

/// Values of one kind, summed up when they are asked for.
package struct Distribution: Sendable, Equatable, Encodable {
    private var values: [Double] = []
    private var isSorted = true

    package init() {}

    package var count: Int { values.count }
    package var mean: Double? { values.isEmpty ? nil : values.reduce(0, +) / Double(values.count) }
    package var all: [Double] { values }

    package mutating func add(_ value: Double?) {
        guard let value, value.isFinite else { return }
        values.append(value)
        isSorted = false
    }

    /// So that quantiles cost nothing more.
    package mutating func sort() {
        values.sort()
        isSorted = true
    }

    /// The value below which a share of all lie; the nearest rank. `nil` when there are none.
    package func quantile(_ share: Double) -> Double? {
        guard !values.isEmpty else { return nil }
        let sorted = isSorted ? values : values.sorted()
        let rank = Int((share * Double(sorted.count)).rounded(.up)) - 1
        return sorted[min(max(0, rank), sorted.count - 1)]
    }

    private enum CodingKeys: String, CodingKey { case count, mean, median, p95, p99 }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(count, forKey: .count)
        try container.encodeIfPresent(mean, forKey: .mean)
        try container.encodeIfPresent(quantile(0.5), forKey: .median)
        try container.encodeIfPresent(quantile(0.95), forKey: .p95)
        try container.encodeIfPresent(quantile(0.99), forKey: .p99)
    }
}
