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

    private static func due(_ switchboard: borrowing Switchboard, at now: Instant) -> [Int32] {
        var ports: [Port] = []
        switchboard.addDuePorts(at: now, to: &ports)
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
        #expect(DuePortsTests.due(switchboard, at: .zero) == [])
        #expect(DuePortsTests.due(switchboard, at: .zero + .milliseconds(10)) == [2, 6])
        switchboard.advance(to: .zero + .milliseconds(10))
        DuePortsTests.drain(&switchboard)
        #expect(DuePortsTests.due(switchboard, at: .zero + .milliseconds(10)) == [])
        #expect(DuePortsTests.due(switchboard, at: .zero + .milliseconds(20)) == [0, 4])
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
        #expect(DuePortsTests.due(switchboard, at: .zero + tickDuration) == [2, 4, 6, 8, 10])
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
        #expect(DuePortsTests.due(switchboard, at: .zero + tickDuration) == [2, 4, 6, 8, 10, 12])
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
