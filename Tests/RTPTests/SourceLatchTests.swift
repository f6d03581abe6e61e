import RTP
import Telephony
import Testing

@Suite("SourceLatch")
struct SourceLatchTests {
    private static let negotiated = TransportAddress(ipv4: 0x0A00_0001, port: 4_000)
    private static let other = TransportAddress(ipv4: 0xC000_0201, port: 5_000)
    private static let attacker = TransportAddress(ipv4: 0xC633_6401, port: 6_000)

    /// A latch that is asked about packets.
    private struct Case {
        var latch: SourceLatch

        init(_ rule: SourceLatch.Rule) { latch = SourceLatch(negotiated, rule: rule, at: .zero) }

        mutating func judge(
            _ source: TransportAddress, _ sequence: UInt16, isAuthenticated: Bool = false, at now: Instant = .zero
        ) -> SourceLatch.Verdict {
            latch.judge(source, sequenceNumber: sequence, isAuthenticated: isAuthenticated, at: now)
        }
    }

    @Test("under the negotiated rule nobody else is ever taken, not even from the same host")
    func negotiatedOnly() {
        var rule = Case(.negotiated)
        var sameHost = SourceLatchTests.negotiated
        sameHost.port += 2
        for sequence in 0..<100 as Range<UInt16> {
            for source in [SourceLatchTests.other, sameHost] {
                let verdict = rule.judge(source, sequence)
                #expect(verdict == .refused)
            }
            let verdict = rule.judge(SourceLatchTests.negotiated, sequence)
            #expect(verdict == .taken)
        }
        #expect(rule.latch.address == SourceLatchTests.negotiated)
    }

    @Test("who is settled on is final: at once at the negotiated address, elsewhere after the window or with the key")
    func final() {
        let later = Instant.zero + SourceLatch.precedence
        #expect(Case(.negotiated).latch.isFinal(at: .zero))
        var latching = Case(.latching)
        #expect(!latching.latch.isFinal(at: .zero + .seconds(60)))
        for sequence in 10..<14 as Range<UInt16> { _ = latching.judge(SourceLatchTests.other, sequence, at: later) }
        #expect(!latching.latch.isFinal(at: later))
        #expect(latching.latch.isFinal(at: .zero + SourceLatch.window))
        var encrypted = Case(.latching)
        _ = encrypted.judge(SourceLatchTests.other, 1, isAuthenticated: true)
        #expect(encrypted.latch.isFinal(at: .zero))
        var known = Case(.latching)
        _ = known.judge(SourceLatchTests.negotiated, 1)
        #expect(known.latch.isFinal(at: .zero))
    }

    @Test("behind NAT the first source with four packets in sequence is taken, and then nobody else")
    func latchesOnce() {
        var rule = Case(.latching)
        let later = Instant.zero + SourceLatch.precedence
        let verdicts = [10, 11, 12, 13, 14].map {
            rule.judge(SourceLatchTests.other, $0, at: later)
        }
        #expect(verdicts == [.refused, .refused, .refused, .latched, .taken])
        for sequence in 0..<50 as Range<UInt16> {
            let verdict = rule.judge(SourceLatchTests.attacker, sequence)
            #expect(verdict == .refused)
        }
        #expect(rule.latch.address == SourceLatchTests.other)
    }

    @Test("packets of two strangers in turn, or out of sequence, latch nothing")
    func noSequence() {
        var rule = Case(.latching)
        for sequence in 0..<40 as Range<UInt16> {
            for source in [SourceLatchTests.other, SourceLatchTests.attacker] {
                let verdict = rule.judge(source, sequence)
                #expect(verdict == .refused)
            }
            let verdict = rule.judge(SourceLatchTests.other, sequence &* 3)
            #expect(verdict == .refused)
        }
        #expect(rule.latch.address == SourceLatchTests.negotiated)
    }

    @Test("a packet from the negotiated address ends the search")
    func negotiatedWins() {
        var rule = Case(.latching)
        for sequence in 0..<3 as Range<UInt16> {
            _ = rule.judge(SourceLatchTests.attacker, sequence)
        }
        let own = rule.judge(SourceLatchTests.negotiated, 9)
        let next = rule.judge(SourceLatchTests.attacker, 3)
        #expect(own == .taken && next == .refused)
    }

    @Test("who was negotiated has the first moments for itself, and takes back what a stranger was given")
    func negotiatedFirst() {
        var rule = Case(.latching)
        for sequence in 0..<9 as Range<UInt16> {
            let verdict = rule.judge(
                SourceLatchTests.attacker, sequence, at: .zero + .milliseconds(20 * Int64(sequence)))
            #expect(verdict == .refused)
        }
        let stranger = rule.judge(SourceLatchTests.attacker, 9, at: .zero + SourceLatch.precedence)
        let own = rule.judge(SourceLatchTests.negotiated, 1, at: .zero + .milliseconds(900))
        let again = rule.judge(SourceLatchTests.attacker, 10, at: .zero + .milliseconds(910))
        #expect(stranger == .latched && own == .latched && again == .refused)
        #expect(rule.latch.address == SourceLatchTests.negotiated)
    }

    @Test("after three seconds nobody latches, unless with the key")
    func windowCloses() {
        var rule = Case(.latching)
        let late = Instant.zero + SourceLatch.window
        for sequence in 0..<10 as Range<UInt16> {
            let verdict = rule.judge(SourceLatchTests.other, sequence, at: late)
            #expect(verdict == .refused)
        }
        let verdict = rule.judge(SourceLatchTests.other, 99, isAuthenticated: true, at: late)
        #expect(verdict == .latched)
    }
}
