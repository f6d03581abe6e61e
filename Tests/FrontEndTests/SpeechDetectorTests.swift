import Testing

@testable import FrontEnd

@Suite("SpeechDetector")
struct SpeechDetectorTests {
    /// Buzz, noise, tones and silence from integers alone, as Sources/SpeechTraining/export.py makes them.
    private static func signal(frames: Int) -> [Int16] {
        var state = 12_345
        return (0..<(frames * 160)).map { n in
            state = (state &* 1_103_515_245 &+ 12_345) & 0x7FFF_FFFF
            let noise = (state >> 16) % 2_001 - 1_000
            let saw = (n % (60 + n / 500 % 20)) * 150 - 4_500
            // Rounded down as Python does.
            let mixed = (saw >> 2) + (noise >> 2)
            let square = n / 10 % 2 == 1 ? 3_000 : -3_000
            return Int16(clamping: [noise, saw, mixed, square, 0][n / 4_000 % 5])
        }
    }

    @Test("the features are those that the training saw")
    func features() {
        let samples = SpeechDetectorTests.signal(frames: 120)
        var features = SpeechFeatures()
        var row = 0
        for frame in 0..<120 {
            let values = features.hear(samples.span.extracting((frame * 160)..<(frame * 160 + 160)))
            guard SpeechFixture.frames.contains(frame) else { continue }
            for index in 0..<SpeechFeatures.count {
                let expected = SpeechFixture.features[row * SpeechFeatures.count + index]
                #expect(abs(values[index] - expected) < 2e-3, "frame \(frame), feature \(index)")
            }
            row += 1
        }
        #expect(row == SpeechFixture.frames.count)
    }

    @Test("the network says what it said at the training")
    func network() {
        let samples = SpeechDetectorTests.signal(frames: 120)
        var features = SpeechFeatures()
        var network = SpeechNetwork()
        for frame in 0..<120 {
            let values = features.hear(samples.span.extracting((frame * 160)..<(frame * 160 + 160)))
            let logit = network.logit(of: values.span)
            #expect(abs(logit - SpeechFixture.logits[frame]) < 0.03, "frame \(frame)")
        }
    }

    @Test("a long silence, and what comes behind it, is judged as if each of its frames were", arguments: 200..<208)
    func silence(frames: Int) {
        // The idle noise of the A-law, which has no zero.
        let idle = (0..<(frames * 160)).map { Int16($0 % 2 == 0 ? 8 : -8) }
        let samples = idle + SpeechDetectorTests.signal(frames: 100)
        var detector = SpeechDetector(threshold: 0.5)
        var features = SpeechFeatures()
        var network = SpeechNetwork()
        var furthest: Float = 0
        for frame in 0..<(samples.count / 160) {
            let audio = samples.span.extracting((frame * 160)..<(frame * 160 + 160))
            let values = features.hear(audio)
            let expected = logistic(Lanes(repeating: network.logit(of: values.span) - 1.8))[0]
            let decision = detector.hear(audio)
            furthest = max(furthest, abs(decision.probability - expected))
            if frame < frames { #expect(!decision.isActive, "frame \(frame)") }
        }
        #expect(furthest < 0.05)
    }
}
