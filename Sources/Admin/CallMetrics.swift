import Synchronization
package import Telephony

/// What a service counts of its calls, made of their facts. No count has a caller, a number or a word in it.
package final class CallMetrics: Sendable {
    private struct Counts {
        var started = 0
        var ended: [CallOutcome: Int] = [:]
        var causes: [HangupCause: Int] = [:]
        var failures: [String: Int] = [:]
        var transfers: [TransferOutcome: Int] = [:]
        var lookUps: [CallerLookUpOutcome: Int] = [:]
        var inputs: [InputResult: Int] = [:]
        var requests = Histogram(bounds: [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30])
        var failedRequests = 0
        var durations = Histogram(bounds: [5, 15, 30, 60, 120, 300, 600, 1_800, 3_600])
        var digits = 0
        var facts = 0
    }

    private let counts = Mutex(Counts())

    package init() {}

    /// Takes a fact.
    package func happened(_ event: CallEvent) { counts.withLock { CallMetrics.count(event, &$0) } }

    private static func count(_ event: CallEvent, _ counts: inout Counts) {
        counts.facts += 1
        switch event.body {
        case .callStarted: counts.started += 1
        case .digit: counts.digits += 1
        case .input(let body): counts.inputs[body.result, default: 0] += 1
        case .failure(let body): counts.failures[body.code, default: 0] += 1
        case .transferEnded(let body): counts.transfers[body.outcome, default: 0] += 1
        case .callerLookedUp(let body): counts.lookUps[body.outcome, default: 0] += 1
        case .httpAnswered(let body):
            counts.requests.add(body.seconds)
            if body.failure != nil { counts.failedRequests += 1 }
        case .callEnded(let body):
            counts.ended[body.outcome, default: 0] += 1
            counts.causes[body.cause, default: 0] += 1
            counts.durations.add(body.duration)
        default: break
        }
    }

    /// Writes the counts.
    package func write(to text: inout PrometheusText) {
        let counts = counts.withLock { $0 }
        let ended = counts.ended.values.reduce(0, +)
        text.counter("parley_calls_started_total", "Calls that were answered.", counts.started)
        text.gauge("parley_calls_running", "Calls that have begun and not ended.", Double(counts.started - ended))
        text.counters("parley_calls_ended_total", "Calls that are over, by outcome.", "outcome", by: counts.ended)
        text.counters("parley_hangups_total", "Calls that are over, by cause.", "cause", by: counts.causes)
        text.counters("parley_inputs_total", "Attempts of callers at questions.", "result", by: counts.inputs)
        text.counters("parley_transfers_total", "Hand-overs, by outcome.", "outcome", by: counts.transfers)
        text.counters("parley_look_ups_total", "Look-ups of callers, by outcome.", "outcome", by: counts.lookUps)
        text.counters(
            "parley_dialog_failures_total", "Failures of dialogs, by code.", "code",
            counts.failures.sorted { $0.key < $1.key }.map { ($0.key, $0.value) })
        text.counter("parley_digits_total", "Keys that were heard.", counts.digits)
        text.counter("parley_facts_total", "Facts of all calls.", counts.facts)
        text.counter("parley_requests_failed_total", "Requests of dialogs without an answer.", counts.failedRequests)
        text.histogram("parley_request_seconds", "How long answers to dialogs' requests took.", counts.requests)
        text.histogram("parley_call_duration_seconds", "How long calls were.", counts.durations)
    }
}

/// A distribution over fixed bounds.
package struct Histogram: Sendable {
    package let bounds: [Double]
    /// Values in each bound, those above the last one at the end; not cumulated.
    package private(set) var counts: [Int]
    package private(set) var sum = 0.0

    package init(bounds: [Double]) {
        self.bounds = bounds
        counts = [Int](repeating: 0, count: bounds.count + 1)
    }

    package mutating func add(_ value: Double) {
        counts[bounds.firstIndex { value <= $0 } ?? bounds.count] += 1
        sum += value
    }
}
