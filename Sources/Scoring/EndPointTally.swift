import FrontEnd
import Telephony

/// What the end-pointer did with one speech-end time-out: how late it was, and whom it cut off.
struct EndPointTally: Sendable {
    let timeoutInMilliseconds: Int
    /// Milliseconds from the end of an utterance to the decision.
    var latencies: [Double] = []
    /// Utterances that were declared over before their end.
    var cutOff = 0
    /// Those of them in which the talker did not pause for the time-out: a mistake of the detector. The others are the
    /// price of the time-out.
    var wronglyCutOff = 0
    var utterances = 0

    init(timeoutInMilliseconds: Int) { self.timeoutInMilliseconds = timeoutInMilliseconds }

    var cutOffRate: Double { SpeechTally.share(cutOff, utterances) }
    var wrongCutOffRate: Double { SpeechTally.share(wronglyCutOff, utterances) }

    /// Takes the decisions about a scene, one for 20 ms each.
    mutating func add(_ decisions: [SpeechDetector.Decision], _ scene: SpeechScene, minimumSpeech: Int) {
        var profile = FrontEndProfile()
        profile.speechEndTimeoutInMilliseconds = timeoutInMilliseconds
        profile.minimumSpeechInMilliseconds = minimumSpeech
        // The hops at which speech was declared over.
        let declared = EndPointDecisions.hops(decisions, profile)
        for (index, utterance) in scene.utterances.enumerated() where utterance.upperBound < decisions.count * 2 {
            let next = index + 1 < scene.utterances.count ? scene.utterances[index + 1].lowerBound : decisions.count * 2
            utterances += 1
            let early = declared.filter { $0 > utterance.lowerBound && $0 < utterance.upperBound }
            if !early.isEmpty { cutOff += 1 }
            if early.contains(where: { !isInLongPause($0, scene) }) { wronglyCutOff += 1 }
            if let end = declared.first(where: { $0 >= utterance.upperBound && $0 < next + 30 }) {
                latencies.append(Double((end - utterance.upperBound) * 10))
            }
        }
    }

    /// Whether a decision falls into a pause of the time-out, or up to 100 ms after it.
    private func isInLongPause(_ hop: Int, _ scene: SpeechScene) -> Bool {
        zip(scene.spans, scene.spans.dropFirst()).contains { span, next in
            (next.lowerBound - span.upperBound) * 10 >= timeoutInMilliseconds
                && (span.upperBound...(next.lowerBound + 10)).contains(hop)
        }
    }
}
