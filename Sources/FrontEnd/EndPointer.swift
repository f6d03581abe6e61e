import Telephony

/// Makes stretches of speech of decisions about frames.
struct EndPointer: Sendable {
    private enum State: Sendable {
        case silence
        /// Ticks of active frames since `onset`, not enough yet to count.
        case maybeSpeech(onset: SampleTime, active: Int64)
        case speech(onset: SampleTime, lastActive: SampleTime)
    }

    /// What a frame brought about.
    enum Result: Equatable {
        case none
        case started(SampleTime)
        case ended(SampleTime, SampleTime)
    }

    private var state = State.silence
    private let minimumSpeech: Int64
    private let speechEnd: Int64
    /// Inactive frames that an onset survives.
    private let tolerance: Int64

    init(_ profile: FrontEndProfile, clockRate: ClockRate) {
        minimumSpeech = clockRate.ticks(milliseconds: Int64(profile.minimumSpeechInMilliseconds))
        speechEnd = clockRate.ticks(milliseconds: Int64(profile.speechEndTimeoutInMilliseconds))
        tolerance = clockRate.ticks(milliseconds: 60)
    }

    /// Takes a frame.
    ///
    /// - Parameters:
    ///   - isActive: somebody speaks.
    ///   - isPossible: somebody may be speaking: counts as speech once an active frame follows.
    ///   - isCertain: it is beyond doubt. Such a frame counts twice, for the 42 ms that its spectrum looks back on.
    mutating func frame(
        isActive: Bool, isPossible: Bool, isCertain: Bool, from start: SampleTime, to end: SampleTime
    ) -> Result {
        let counted = isCertain ? 2 * (end - start) : end - start
        switch state {
        case .silence:
            if isActive || isPossible { state = .maybeSpeech(onset: start, active: counted) }
            return isActive && counted >= minimumSpeech ? begin(at: start, until: end) : .none
        case .maybeSpeech(let onset, let active):
            guard isActive || isPossible else {
                if (end - onset) - active > tolerance { state = .silence }
                return .none
            }
            let total = max(active + (end - start), counted)
            state = .maybeSpeech(onset: onset, active: total)
            return isActive && total >= minimumSpeech ? begin(at: onset, until: end) : .none
        case .speech(let onset, let lastActive):
            if isActive {
                state = .speech(onset: onset, lastActive: end)
            } else if end - lastActive >= speechEnd {
                state = .silence
                return .ended(onset, lastActive)
            }
            return .none
        }
    }

    /// Somebody is speaking, or has just paused.
    var isInSpeech: Bool { if case .speech = state { true } else { false } }

    /// Ends speech that goes on at the end of the audio.
    mutating func finish() -> Result {
        guard case .speech(let onset, let lastActive) = state else { return .none }
        state = .silence
        return .ended(onset, lastActive)
    }

    private mutating func begin(at onset: SampleTime, until end: SampleTime) -> Result {
        state = .speech(onset: onset, lastActive: end)
        return .started(onset)
    }
}
