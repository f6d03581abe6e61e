import CallControl
import RTP
import SIP
import Telephony
import Testing

@testable import DSP

/// What is heard of a far end before it answers, and where it signals nothing else.
@Suite("Media before the answer")
struct EarlyMediaTests {
    /// The port of the leg's media: the caller has the first pair.
    private static let port: Int32 = 2

    /// Audio of the far end comes for a while.
    private static func play(_ tones: ToneGenerator, seconds: Int, to desk: inout Desk, from start: Int = 0) {
        var generator = tones
        var samples = [Int16](repeating: 0, count: 160)
        for index in 0..<seconds * 50 {
            var room = samples.mutableSpan
            room.silence()
            generator.add(to: &room)
            let number = start + index
            var packet = [UInt8](repeating: 0, count: 12) + samples.map { G711.compressMu($0) }
            var span = packet.mutableSpan
            RTPHeader(
                marker: false, payloadType: 0, sequenceNumber: UInt16(truncatingIfNeeded: number),
                timestamp: UInt32(number * 160), ssrc: 9
            ).write(into: &span)
            desk.service.hear(packet, on: port, from: Desk.agentMedia)
            desk.service.run(for: .milliseconds(20))
        }
    }

    private static func ringing(_ ringback: Ringback) throws -> Desk {
        var desk = try Desk(TransferRules())
        var plan = DialPlan(.agent, target: "+15550123")
        plan.ringback = ringback
        try desk.route(.dial(plan))
        return desk
    }

    /// How loud a frequency is in what the caller was told, against all of it: 0 to 1.
    private static func share(of frequency: Double, in octets: [UInt8]) -> Double {
        let samples = octets.map { Double(G711.expandMu($0)) }
        let energy = samples.reduce(0) { $0 + $1 * $1 }
        guard energy > 0 else { return 0 }
        let turn = 2 * Double.pi * frequency / 8_000
        var (real, imaginary) = (0.0, 0.0)
        for (index, sample) in samples.enumerated() {
            real += sample * cosine(turn * Double(index))
            imaginary += sample * cosine(turn * Double(index) - Double.pi / 2)
        }
        return 2 * (real * real + imaginary * imaginary) / (energy * Double(samples.count))
    }

    private static func cosine(_ angle: Double) -> Double {
        // Enough terms of the series for a full turn.
        let turn = 2 * Double.pi
        let x = angle - (angle / turn).rounded() * turn
        var (term, sum) = (1.0, 1.0)
        for index in 1...12 {
            term *= -x * x / Double((2 * index - 1) * 2 * index)
            sum += term
        }
        return sum
    }

    @Test("the caller hears the far end's own announcement in the place of ring-back, once it comes")
    func announcement() throws {
        var desk = try EarlyMediaTests.ringing(.farEnd)
        _ = desk.service.takeSaid()
        desk.service.run(for: .seconds(1))
        #expect(EarlyMediaTests.share(of: 440, in: desk.service.takeSaid()) > 0.3, "the tone until then")
        try desk.answerAgent(183)
        let tone = ToneGenerator(
            Tone(.init(frequency: 1_000, levelInDBm0: -12)), sampleRate: 8_000, cadence: .once(.seconds(60)))
        EarlyMediaTests.play(tone, seconds: 1, to: &desk)
        _ = desk.service.takeSaid()
        EarlyMediaTests.play(tone, seconds: 1, to: &desk, from: 50)
        let heard = desk.service.takeSaid()
        #expect(EarlyMediaTests.share(of: 1_000, in: heard) > 0.9)
        #expect(EarlyMediaTests.share(of: 440, in: heard) < 0.01)
    }

    @Test("a session description without media behind it leaves the caller the tone")
    func silent183() throws {
        var desk = try EarlyMediaTests.ringing(.farEnd)
        try desk.answerAgent(183)
        _ = desk.service.takeSaid()
        desk.service.run(for: .seconds(1))
        #expect(EarlyMediaTests.share(of: 440, in: desk.service.takeSaid()) > 0.3)
    }

    @Test("who chose another ring-back hears that, whatever the far end sends")
    func otherRingback() throws {
        var desk = try EarlyMediaTests.ringing(.tone)
        try desk.answerAgent(183)
        let tone = ToneGenerator(
            Tone(.init(frequency: 1_000, levelInDBm0: -12)), sampleRate: 8_000, cadence: .once(.seconds(60)))
        _ = desk.service.takeSaid()
        EarlyMediaTests.play(tone, seconds: 1, to: &desk)
        let heard = desk.service.takeSaid()
        #expect(EarlyMediaTests.share(of: 440, in: heard) > 0.3 && EarlyMediaTests.share(of: 1_000, in: heard) < 0.01)
    }

    @Test(
        "a busy tone is busy where the trunk signals nothing, before the answer or as the answer",
        arguments: [183, 200])
    func busyTone(status: Int) throws {
        var desk = try EarlyMediaTests.ringing(.farEnd)
        try desk.answerAgent(status)
        desk.service.forget()
        let busy = ToneGenerator(
            Tone(.init(frequency: 480, levelInDBm0: -24), .init(frequency: 620, levelInDBm0: -24)), sampleRate: 8_000,
            cadence: .alternating(on: .milliseconds(500), off: .milliseconds(500)))
        EarlyMediaTests.play(busy, seconds: 6, to: &desk)
        let reasons = desk.service.facts.compactMap {
            if case .legEnded(let body) = $0.body { body.reason } else { nil }
        }
        #expect(reasons == [.busy])
        #expect(desk.service.messages.contains { $0.method == (status == 183 ? .cancel : .bye) })
    }
}
