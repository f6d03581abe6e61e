import Telephony

/// What has been seen in a queue, as far as it helps to say how long the next will wait. All in seconds.
struct QueueHistory: Sendable {
    /// Talks, the shortest first, for what is left of one that has gone on for so long.
    private(set) var talks: [Double] = []
    /// The same talks as they came, the oldest first from `oldest`.
    private var order: [Double] = []
    private var oldest = 0
    /// Sums of `talks` from each index to the end.
    private var tails: [Double] = []
    private let expectedTalk: Double
    /// From the first offer to the answer, those who did not answer included.
    private(set) var meanAnswer = 6.0
    /// Those who gave up, and all the time waited, both fading.
    private var abandoned = 0.0
    private var exposure = 0.0
    /// What estimates are multiplied by, so that as many prove too long as too short.
    private(set) var correction = 1.0
    private var arrivals: [Arrivals] = []

    /// Calls of one priority, in the present span of time and the one before.
    private struct Arrivals: Sendable {
        let priority: Int
        var span: Int64
        var current = 0.0
        var previous = 0.0
    }

    private static let capacity = 200
    private static let spanInNanoseconds: Int64 = 600_000_000_000

    init(expectedTalk: Interval) { self.expectedTalk = max(1, expectedTalk.inSeconds) }

    // MARK: - What happens

    mutating func talkEnded(after length: Interval) {
        let seconds = max(0, length.inSeconds)
        if order.count < QueueHistory.capacity {
            order.append(seconds)
        } else {
            let gone = order[oldest]
            order[oldest] = seconds
            oldest = (oldest + 1) % QueueHistory.capacity
            talks.remove(at: firstIndex(from: gone))
        }
        talks.insert(seconds, at: firstIndex(from: seconds))
        tails = talks
        for index in talks.indices.dropLast().reversed() { tails[index] += tails[index + 1] }
    }

    mutating func answered(after delay: Interval) { meanAnswer += (max(0, delay.inSeconds) - meanAnswer) * 0.05 }

    mutating func left(after wait: Interval, isAbandonment: Bool) {
        abandoned = abandoned * 0.99 + (isAbandonment ? 1 : 0)
        exposure = exposure * 0.99 + max(0, wait.inSeconds)
    }

    mutating func estimateProved(_ estimate: Interval, actual: Interval) {
        correction = min(2, max(0.5, correction * (actual > estimate ? 1.01 : 1 / 1.01)))
    }

    mutating func callJoined(priority: Int, at now: Instant) {
        let span = now.nanoseconds / QueueHistory.spanInNanoseconds
        var index = arrivals.firstIndex { $0.priority == priority }
        if index == nil {
            // A queue has a handful of priorities; whoever has more does not get better estimates.
            guard arrivals.count < 16 else { return }
            arrivals.append(Arrivals(priority: priority, span: span))
            index = arrivals.count - 1
        }
        guard let index else { return }
        if arrivals[index].span != span {
            arrivals[index].previous = arrivals[index].span + 1 == span ? arrivals[index].current : 0
            arrivals[index].current = 0
            arrivals[index].span = span
        }
        arrivals[index].current += 1
    }

    // MARK: - What follows

    var meanTalk: Double {
        // The configured length counts as much as five talks.
        ((tails.first ?? 0) + 5 * expectedTalk) / Double(talks.count + 5)
    }

    /// What is left of a talk that has gone on for so long: of the talks that were longer, so large a part of 0..<1
    /// had no more left than this.
    func remainingTalk(after elapsed: Double, _ part: Double) -> Double {
        let index = firstIndex(from: elapsed.nextUp)
        let longer = talks.count - index
        // Too few to tell: twice the part of the mean has this mean.
        guard longer >= 4 else { return meanTalk * part * 2 }
        return talks[index + min(longer - 1, Int(part * Double(longer)))] - elapsed
    }

    /// Those of a waiting caller's seconds in which one gives up.
    var abandonmentRate: Double { exposure > 0 ? abandoned / exposure : 0 }

    /// Calls a second of more than this priority.
    func arrivalRate(above priority: Int, at now: Instant) -> Double {
        let span = now.nanoseconds / QueueHistory.spanInNanoseconds
        let length = Double(QueueHistory.spanInNanoseconds) / 1e9
        let part = Double(now.nanoseconds - span * QueueHistory.spanInNanoseconds) / 1e9 / length
        var rate = 0.0
        for class_ in arrivals where class_.priority > priority {
            let current = class_.span == span ? class_.current : 0
            let previous = class_.span == span ? class_.previous : class_.span + 1 == span ? class_.current : 0
            rate += (current + previous * (1 - part)) / length
        }
        return rate
    }

    private func firstIndex(from seconds: Double) -> Int {
        var low = 0
        var high = talks.count
        while low < high {
            let middle = (low + high) / 2
            if talks[middle] < seconds { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
