import Testing

@testable import DSP

@Suite("Opus loss")
struct OpusLossTests {
    private static let speech = Signals.speech(sampleRate: 48_000, count: 96_000)

    /// Decodes with every fifth packet lost, which is recovered where the next one allows it, or always concealed.
    private static func lossy(_ payloads: [[UInt8]], recovers: Bool) throws -> (samples: [Int16], recovered: Int) {
        var decoder = try AudioDecoder(.opus)
        var samples: [Int16] = []
        var recovered = 0
        for (index, payload) in payloads.enumerated() {
            guard index % 5 == 3, index + 1 < payloads.count else {
                samples += Coding.decode(payload, by: &decoder)
                continue
            }
            if recovers, let frame = Coding.recover(960, before: payloads[index + 1], by: &decoder) {
                samples += frame
                recovered += 1
            } else {
                samples += Coding.conceal(960, by: &decoder)
            }
        }
        return (samples, recovered)
    }

    @Test("a lost packet is recovered from the next one, and better than concealed")
    func recovery() throws {
        let payloads = try Coding.encode(OpusLossTests.speech, with: .opus)
        let perfect = try Coding.decode(payloads, with: .opus)
        let recovered = try OpusLossTests.lossy(payloads, recovers: true)
        let concealed = try OpusLossTests.lossy(payloads, recovers: false)
        #expect(recovered.samples.count == perfect.count)
        #expect(concealed.samples.count == perfect.count)
        let gaps = payloads.count / 5
        // The encoder adds redundancy to frames with speech in them, not to pauses.
        #expect(recovered.recovered >= gaps / 2, "\(recovered.recovered) of \(gaps)")
        let better = Signals.ratio(of: perfect[...], toErrorOf: recovered.samples[...])
        let worse = Signals.ratio(of: perfect[...], toErrorOf: concealed.samples[...])
        #expect(better > worse + 1, "recovered \(better) dB, concealed \(worse) dB")
    }

    @Test("a packet without redundancy says so and changes nothing")
    func noRedundancy() throws {
        var settings = OpusSettings()
        settings.hasRedundancy = false
        let payloads = try Coding.encode(OpusLossTests.speech, with: .opus, opus: settings)
        let result = try OpusLossTests.lossy(payloads, recovers: true)
        #expect(result.recovered == 0)
        #expect(try result.samples == OpusLossTests.lossy(payloads, recovers: false).samples)
    }

    @Test("a gap of any length is concealed, and a long one ends in silence")
    func gaps() throws {
        let payloads = try Coding.encode(OpusLossTests.speech, with: .opus)
        var decoder = try AudioDecoder(.opus)
        for payload in payloads.prefix(20) { _ = Coding.decode(payload, by: &decoder) }
        for count in [1, 119, 120, 121, 480, 1_000, 960, 2_880] {
            #expect(Coding.conceal(count, by: &decoder).count == count)
        }
        for _ in 0..<50 { _ = Coding.conceal(960, by: &decoder) }
        #expect(Signals.dBm0(Coding.conceal(960, by: &decoder)[...]) < -50)
    }
}
