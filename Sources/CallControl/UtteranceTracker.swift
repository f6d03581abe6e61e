import CallFlow
import Telephony

/// Which utterance, if any, is being recognised: from the wish of the dialog and the edges of speech.
///
/// A recognition opens when words are wanted and the caller speaks, and finishes after the silence that ends an
/// utterance; speech that resumes before then belongs to the same utterance.
struct UtteranceTracker {
    private enum State {
        /// Nobody wants words.
        case idle
        /// Words are wanted, nobody speaks.
        case listening(RequestID, RecognitionHints)
        /// The recogniser hears the caller.
        case speaking(RequestID, RecognitionHints, from: SampleTime)
        /// The caller paused at `end`; the utterance is over when the position passes `deadline`.
        case pausing(RequestID, RecognitionHints, from: SampleTime, end: SampleTime, deadline: SampleTime)
        /// The utterance is over, the words are awaited.
        case finished(RequestID, from: SampleTime, end: SampleTime)
    }

    /// What the recogniser is to be told.
    enum Action {
        case open(RequestID, RecognitionHints, from: SampleTime)
        case finish(RequestID, from: SampleTime, to: SampleTime)
    }

    private var state = State.idle
    private var speechSince: SampleTime?
    private let clockRate: ClockRate

    init(clockRate: ClockRate) { self.clockRate = clockRate }

    /// The recogniser is hearing audio now.
    var openRecognition: RequestID? {
        switch state {
        case .speaking(let request, _, _), .pausing(let request, _, _, _, _): request
        case .idle, .listening, .finished: nil
        }
    }

    /// Where the utterance began that the recogniser hears now.
    var openSince: SampleTime? {
        switch state {
        case .speaking(_, _, let from), .pausing(_, _, let from, _, _): from
        case .idle, .listening, .finished: nil
        }
    }

    mutating func listen(_ request: RequestID, _ hints: RecognitionHints) -> Action? {
        guard let start = speechSince else {
            state = .listening(request, hints)
            return nil
        }
        state = .speaking(request, hints, from: start)
        return .open(request, hints, from: start)
    }

    /// Words are no longer wanted. Returns whether the recogniser must be told.
    mutating func stopListening(_ request: RequestID) -> Bool {
        switch state {
        case .listening(request, _): state = .idle
        case .speaking(request, _, _), .pausing(request, _, _, _, _), .finished(request, _, _):
            state = .idle
            return true
        default: break
        }
        return false
    }

    mutating func speechStarted(at start: SampleTime) -> Action? {
        speechSince = start
        switch state {
        case .listening(let request, let hints):
            state = .speaking(request, hints, from: start)
            return .open(request, hints, from: start)
        case .pausing(let request, let hints, let from, _, _):
            state = .speaking(request, hints, from: from)
            return nil
        case .idle, .speaking, .finished: return nil
        }
    }

    mutating func speechEnded(at end: SampleTime) {
        speechSince = nil
        guard case .speaking(let request, let hints, let from) = state else { return }
        let silence = clockRate.ticks(milliseconds: Int64(hints.utteranceEndTimeoutInMilliseconds))
        state = .pausing(request, hints, from: from, end: end, deadline: end + silence)
    }

    /// Finishes the utterance whose silence has lasted long enough.
    mutating func advance(to position: SampleTime) -> Action? {
        guard case .pausing(let request, _, let from, let end, let deadline) = state, deadline <= position else {
            return nil
        }
        state = .finished(request, from: from, end: end)
        return .finish(request, from: from, to: end)
    }

    /// A result came for a recognition. Returns the utterance's span when the result was awaited; a result that comes
    /// while the caller still speaks has a span without an end of its own.
    mutating func complete(_ request: RequestID) -> Range<SampleTime>? {
        let span: Range<SampleTime>
        switch state {
        case .speaking(request, _, let from): span = from..<from
        case .pausing(request, _, let from, let end, _), .finished(request, let from, let end):
            span = from..<max(from, end)
        default: return nil
        }
        state = .idle
        return span
    }

    /// The call is over. Returns the recognition to be cancelled.
    mutating func abandon() -> RequestID? {
        defer { state = .idle }
        switch state {
        case .speaking(let request, _, _), .pausing(let request, _, _, _, _), .finished(let request, _, _):
            return request
        case .idle, .listening: return nil
        }
    }
}
