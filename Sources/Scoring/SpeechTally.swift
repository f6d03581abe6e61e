import FrontEnd
import Telephony

/// What the speech detector did on scenes, added up.
package struct SpeechTally: Sendable {
    /// Hops of 10 ms: speech heard, heard in vain, missed, rightly silent.
    var hits = 0
    var falseHops = 0
    var misses = 0
    var rejections = 0
    /// Milliseconds from the onset of a span to the first active decision within it.
    var onsets: [Double] = []
    var missedSpans = 0
    /// Milliseconds from the end of a span to the first inactive decision.
    var ends: [Double] = []
    var falseStarts = 0
    /// Falls from active to inactive within spans.
    var breaks = 0
    var spans = 0
    /// Frames by probability in steps of 1/200, with and without speech.
    var speechHistogram = [Int](repeating: 0, count: 201)
    var otherHistogram = [Int](repeating: 0, count: 201)

    var seconds: Double { Double(hits + falseHops + misses + rejections) / 100 }
    var silentSeconds: Double { Double(falseHops + rejections) / 100 }
    var precision: Double { SpeechTally.share(hits, hits + falseHops) }
    var recall: Double { SpeechTally.share(hits, hits + misses) }
    var f1: Double { SpeechTally.share(2 * hits, 2 * hits + falseHops + misses) }
    var falsePositiveRate: Double { SpeechTally.share(falseHops, falseHops + rejections) }

    static func share(_ part: Int, _ whole: Int) -> Double { whole == 0 ? 0 : Double(part) / Double(whole) }

    /// Takes the decisions about a scene, one for 20 ms each.
    mutating func add(_ decisions: [SpeechDetector.Decision], _ scene: SpeechScene) {
        let hops = decisions.count * 2
        var truth = [Bool](repeating: false, count: hops)
        for span in scene.spans { for hop in span where hop < hops { truth[hop] = true } }
        for (frame, decision) in decisions.enumerated() {
            let bin = min(200, max(0, Int(decision.probability * 200)))
            for hop in [frame * 2, frame * 2 + 1] {
                if truth[hop] { speechHistogram[bin] += 1 } else { otherHistogram[bin] += 1 }
                switch (truth[hop], decision.isActive) {
                case (true, true): hits += 1
                case (true, false): misses += 1
                case (false, true): falseHops += 1
                case (false, false): rejections += 1
                }
            }
            if frame > 0, decision.isActive, !decisions[frame - 1].isActive, !truth[frame * 2], !truth[frame * 2 + 1] {
                falseStarts += 1
            }
        }
        for (index, span) in scene.spans.enumerated() where span.upperBound <= hops {
            let next = index + 1 < scene.spans.count ? scene.spans[index + 1].lowerBound : hops
            add(span, before: next, decisions)
        }
    }

    private mutating func add(_ span: Range<Int>, before next: Int, _ decisions: [SpeechDetector.Decision]) {
        spans += 1
        let first = span.lowerBound / 2
        let last = (span.upperBound - 1) / 2
        if first == 0 || !decisions[first - 1].isActive {
            if let active = (first...last).first(where: { decisions[$0].isActive }) {
                onsets.append(Double((active + 1) * 20 - span.lowerBound * 10))
            } else {
                missedSpans += 1
            }
        }
        if let inactive = (last..<max(last, min(next / 2, decisions.count))).first(where: { !decisions[$0].isActive }) {
            ends.append(max(0, Double((inactive + 1) * 20 - span.upperBound * 10)))
        }
        for frame in first...last where frame > first && !decisions[frame].isActive && decisions[frame - 1].isActive {
            breaks += 1
        }
    }

    package mutating func add(_ other: SpeechTally) {
        hits += other.hits
        falseHops += other.falseHops
        misses += other.misses
        rejections += other.rejections
        onsets += other.onsets
        missedSpans += other.missedSpans
        ends += other.ends
        falseStarts += other.falseStarts
        breaks += other.breaks
        spans += other.spans
        for bin in 0...200 {
            speechHistogram[bin] += other.speechHistogram[bin]
            otherHistogram[bin] += other.otherHistogram[bin]
        }
    }

    /// False-positive rate against recall, from the strictest threshold to the loosest.
    var receiverCurve: [Scorecard.Point] {
        let (speech, other) = (speechHistogram.reduce(0, +), otherHistogram.reduce(0, +))
        var (hits, falses) = (0, 0)
        var points = [Scorecard.Point(x: 0, y: 0)]
        for bin in (0...200).reversed() {
            hits += speechHistogram[bin]
            falses += otherHistogram[bin]
            points.append(Scorecard.Point(x: SpeechTally.share(falses, other), y: SpeechTally.share(hits, speech)))
        }
        return points
    }

    /// The area under the curve.
    var area: Double {
        let points = receiverCurve
        return zip(points, points.dropFirst()).reduce(0) { $0 + ($1.1.x - $1.0.x) * ($1.0.y + $1.1.y) / 2 }
    }
}

extension [Double] {
    /// The value below which a share of them lies; 0 for none.
    func percentile(_ share: Double) -> Double {
        guard !isEmpty else { return 0 }
        let sorted = sorted()
        let place = share * Double(count - 1)
        let low = sorted[Int(place)]
        return low + (sorted[Swift.min(count - 1, Int(place) + 1)] - low) * (place - place.rounded(.down))
    }
}
