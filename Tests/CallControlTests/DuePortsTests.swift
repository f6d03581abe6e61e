import CallControl
import CallFlow
import DSP
import RTP
import Telephony
import Testing

/// Where media is looked for before a tick, with many calls that come and go.
@Suite("Due ports")
struct DuePortsTests {
    private static let agent = Agent(
        name: "line", settings: VoiceSettings(),
        topics: [Topic(name: "Start", trigger: Trigger(kind: .onConversationStart), actions: [])], environment: [:])

    private static func admission(_ index: Int, phase: Int, _ generator: inout SeededGenerator) -> Admission {
        let remote = TransportAddress(ipv4: 0x0A00_0001, port: UInt16(4_000 + 2 * index))
        let media = MediaDescription(
            codec: .pcmu, payloadType: 0, telephoneEventPayloadType: 101, port: Port(Int32(2 * index)),
            rtcpPort: Port(Int32(2 * index + 1)), remote: remote, remoteRTCP: remote)
        return Admission(
            call: CallID("call-\(index)"), from: "a", to: "b", startedAt: WallTime(millisecondsSince1970: 0),
            timeZone: "UTC", agent: agent, caller: media, tickPhase: phase, entropy: CallEntropy(from: &generator))
    }

    private static func drain(_ switchboard: inout Switchboard) {
        var octets: [UInt8] = []
        while switchboard.nextDatagram(into: &octets) != nil {}
        while switchboard.poll() != nil {}
    }

    private static func due(_ switchboard: inout Switchboard, at now: Instant) -> [Int32] {
        var ports: [Port] = []
        var turns: [Turn] = []
        switchboard.addDueTurns(at: now, to: &turns, ports: &ports)
        #expect(turns.map(\.portCount).reduce(0, +) == ports.count)
        return ports.map(\.rawValue).sorted()
    }

    @Test("the RTP ports of the calls whose turn it is are due, once a tick, and no others")
    func phases() {
        var generator = SeededGenerator(seed: 1)
        var switchboard = Switchboard()
        for index in 0..<4 {
            switchboard.receive(
                .admit(DuePortsTests.admission(index, phase: index % 2 * 10, &generator)), at: .zero)
        }
        DuePortsTests.drain(&switchboard)
        let none = DuePortsTests.due(&switchboard, at: .zero)
        #expect(none == [])
        let odd = DuePortsTests.due(&switchboard, at: .zero + .milliseconds(10))
        #expect(odd == [2, 6])
        switchboard.advance(to: .zero + .milliseconds(10))
        DuePortsTests.drain(&switchboard)
        let nobody = DuePortsTests.due(&switchboard, at: .zero + .milliseconds(10))
        #expect(nobody == [])
        let even = DuePortsTests.due(&switchboard, at: .zero + .milliseconds(20))
        #expect(even == [0, 4])
    }

    @Test("a tick that is run a few calls at a time sends what a tick of all calls at once does, in the same order")
    func turns() {
        let at = Instant.zero + tickDuration
        var sent: [[[UInt8]]] = []
        for isInTurns in [false, true] {
            var generator = SeededGenerator(seed: 4)
            var switchboard = Switchboard()
            for index in 0..<30 {
                switchboard.receive(.admit(DuePortsTests.admission(index, phase: index % 3, &generator)), at: .zero)
            }
            // The last call of the phase takes the place of one that ends.
            switchboard.receive(.hangUp("call-3", .normalClearing), at: .zero)
            DuePortsTests.drain(&switchboard)
            var datagrams: [[UInt8]] = []
            var octets: [UInt8] = []
            if isInTurns {
                var ports: [Port] = []
                var turns: [Turn] = []
                switchboard.addDueTurns(at: at + .milliseconds(2), to: &turns, ports: &ports)
                #expect(turns.map(\.portCount) == [8, 1, 8, 2, 8, 2])
                #expect(ports.count == 29 && ports[0] == Port(0) && ports[1] == Port(54))
                for turn in turns { switchboard.run(turn) }
            } else {
                switchboard.advance(to: at + .milliseconds(2))
            }
            while switchboard.nextDatagram(into: &octets) != nil { datagrams.append(octets) }
            sent.append(datagrams)
        }
        #expect(sent[0].count == 29 && sent[0] == sent[1])
    }

    @Test("a call that is moved when another ends is still found by its packets, and an ended call's port is nobody's")
    func moves() {
        var generator = SeededGenerator(seed: 2)
        var switchboard = Switchboard()
        for index in 0..<6 {
            switchboard.receive(.admit(DuePortsTests.admission(index, phase: 0, &generator)), at: .zero)
        }
        DuePortsTests.drain(&switchboard)
        switchboard.receive(.hangUp("call-0", .normalClearing), at: .zero)
        DuePortsTests.drain(&switchboard)
        #expect(switchboard.callCount == 5)
        let rest = DuePortsTests.due(&switchboard, at: .zero + tickDuration)
        #expect(rest == [2, 4, 6, 8, 10])
        let packet = [0x80, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 9] + [UInt8](repeating: 0xFF, count: 160)
        for index in 0..<6 {
            switchboard.receive(
                datagram: packet.span, on: Port(Int32(2 * index)),
                from: TransportAddress(ipv4: 0x0A00_0001, port: UInt16(4_000 + 2 * index)), at: .zero)
        }
        #expect(switchboard.refusals.unknownPort == 1 && switchboard.refusals.foreignAddress == 0)
        // The slot of the call that ended is used again, by a call on another port.
        switchboard.receive(.admit(DuePortsTests.admission(6, phase: 0, &generator)), at: .zero)
        DuePortsTests.drain(&switchboard)
        switchboard.receive(
            datagram: packet.span, on: Port(0), from: TransportAddress(ipv4: 0x0A00_0001, port: 4_000), at: .zero)
        #expect(switchboard.refusals.unknownPort == 2)
        let all = DuePortsTests.due(&switchboard, at: .zero + tickDuration)
        #expect(all == [2, 4, 6, 8, 10, 12])
    }

    @Test("the parts of a call that are told lie in memory that is there, and none are told of a port without a call")
    func parts() {
        var generator = SeededGenerator(seed: 3)
        var switchboard = Switchboard()
        switchboard.receive(.admit(DuePortsTests.admission(0, phase: 0, &generator)), at: .zero)
        DuePortsTests.drain(&switchboard)
        var octets = 0
        switchboard.forEachPart(ofCallAt: Port(0)) { _, count in octets += count }
        switchboard.forEachPart(ofLegAt: Port(0)) { _, count in octets += count }
        #expect((4_096..<65_536).contains(octets))
        for port: Int32 in [2, 99, -1] {
            switchboard.forEachPart(ofCallAt: Port(port)) { _, _ in Issue.record("there is no call at \(port)") }
            switchboard.forEachPart(ofLegAt: Port(port)) { _, _ in Issue.record("there is no leg at \(port)") }
        }
    }
}
