import Telephony

/// When speech is declared over, for decisions about frames that have been made already: what a sweep over time-outs
/// runs, without hearing the audio again.
package enum EndPointDecisions {
    /// The hops of 10 ms at which the end of speech is declared.
    package static func hops(_ decisions: [SpeechDetector.Decision], _ profile: FrontEndProfile) -> [Int] {
        var endPointer = EndPointer(profile, clockRate: ClockRate(1_000))
        var hops: [Int] = []
        for (frame, decision) in decisions.enumerated() {
            let start = SampleTime(ticks: Int64(frame) * 20)
            if case .ended = endPointer.frame(
                isActive: decision.isActive, isPossible: decision.isPossible, isCertain: false, from: start,
                to: start + 20)
            {
                hops.append(frame * 2 + 2)
            }
        }
        return hops
    }
}
