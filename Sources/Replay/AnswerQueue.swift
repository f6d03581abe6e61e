import CallControl
import CallFlow
package import Telephony

/// Answers from the outside on their way to the switchboard, and the stubs from which they come.
struct AnswerQueue {
    private struct Answer {
        var due: Instant
        var request: RequestID
        var reply: SwitchboardInput.Reply
    }

    private var stubs: [HTTPStub]
    /// In order of their time; equal times in order of asking.
    private var answers: [Answer] = []

    init(stubs: [HTTPStub]) { self.stubs = stubs }

    var nextDue: Instant? { answers.first?.due }

    mutating func schedule(_ request: RequestID, _ reply: SwitchboardInput.Reply, at due: Instant) {
        let index = answers.firstIndex { $0.due > due } ?? answers.count
        answers.insert(Answer(due: due, request: request, reply: reply), at: index)
    }

    mutating func cancel(_ request: RequestID) { answers.removeAll { $0.request == request } }

    mutating func next(at now: Instant) -> (RequestID, SwitchboardInput.Reply)? {
        guard let first = answers.first, first.due <= now else { return nil }
        answers.removeFirst()
        return (first.request, first.reply)
    }

    /// The first stub that fits a request.
    mutating func takeStub(for request: HTTPRequest) -> HTTPStub? {
        guard let index = stubs.firstIndex(where: { $0.fits(request) }) else { return nil }
        return stubs[index].isOnce ? stubs.remove(at: index) : stubs[index]
    }
}

extension HTTPStub {
    fileprivate func fits(_ request: HTTPRequest) -> Bool {
        if let action, action != request.action, action != "\(request.topic)/\(request.action)" { return false }
        if let method, method.lowercased() != request.method.lowercased() { return false }
        if let urlContains, !request.url.reveal(for: .declaredRequest).contains(urlContains) { return false }
        return true
    }
}

/// A recogniser that knows what the caller was going to say: it gives the words of the audio that lies in the span.
package struct ScriptedRecogniser {
    let delay: Interval

    /// A stretch of the caller's audio with its words, by the caller's clock since the answer.
    package struct Spoken {
        package var start: Interval
        package var end: Interval
        var words: String
        var confidence: Double
    }

    /// What the network and the jitter buffer can shift a word by.
    private static let tolerance = Interval.milliseconds(300)

    func words(from start: Interval, to end: Interval, of spoken: [Spoken]) -> (text: String, confidence: Double) {
        let heard = spoken.filter {
            $0.start < end + ScriptedRecogniser.tolerance && start < $0.end + ScriptedRecogniser.tolerance
                && !$0.words.isEmpty
        }
        guard let last = heard.last else { return ("", 0) }
        return (last.words, last.confidence)
    }
}
