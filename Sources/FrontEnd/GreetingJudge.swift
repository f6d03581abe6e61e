import Telephony

/// Tells the greeting of an answering machine from a person's by its length: a person says a word or two and waits.
struct GreetingJudge: Sendable {
    private static let longestPauseInFrames = 35
    /// A greeting begins within so many frames of the answer: 6 s.
    private static let latestOnsetInFrames = 300

    private let framesOfGreeting: Int
    private var frames = 0
    private var speechFrames = 0
    private var pauseFrames = 0
    private var onset: SampleTime?
    private var isDecided = false

    init(_ profile: FrontEndProfile) {
        framesOfGreeting = profile.greetingInMilliseconds / 20
        isDecided = !profile.detectsAnsweringMachines
    }

    /// Takes the decision about a frame of 20 ms; gives the onset of a greeting once it is one.
    mutating func hear(isSpeech: Bool, at position: SampleTime) -> SampleTime? {
        guard !isDecided else { return nil }
        frames += 1
        if isSpeech {
            if onset == nil { onset = position }
            pauseFrames = 0
            speechFrames += 1
        } else if onset != nil {
            pauseFrames += 1
            speechFrames += 1
        }
        guard let onset else {
            isDecided = frames > GreetingJudge.latestOnsetInFrames
            return nil
        }
        if pauseFrames >= GreetingJudge.longestPauseInFrames {
            // A person waits for an answer.
            isDecided = true
        } else if isSpeech, speechFrames >= framesOfGreeting {
            isDecided = true
            return onset
        }
        return nil
    }
}
