import CallControl
import CallFlow
import DSP
import Telephony

extension FuzzCases {
    /// A journal: the entries of a call that has begun, and then whatever comes; all of it is read and run.
    static func journal(_ bytes: Span<UInt8>) {
        let octets = bytes.withUnsafeBufferPointer { Array($0) }
        run(octets)
        run(begun + octets)
    }

    private static func run(_ octets: [UInt8]) {
        guard let entries = try? JournalEntry.read(Array(octets.prefix(JournalEntry.wholeEntries(of: octets)))),
            let admission = entries.compactMap({ if case .admission(let admission) = $0 { admission } else { nil } })
                .first
        else { return }
        var again = JournalRun(admission, agent: agent)
        for entry in entries {
            again.next(entry)
            while again.poll() != nil {}
        }
    }

    private static let agent: Agent = {
        let start = Topic(name: "Start", trigger: Trigger(kind: .onConversationStart), actions: [])
        let pressed = Topic(name: "Keys", trigger: Trigger(kind: .onUnknownDtmfKey), actions: [])
        return Agent(name: "fuzz", settings: VoiceSettings(), topics: [start, pressed], environment: [:])
    }()

    /// The journal of a call's first two seconds.
    private static let begun: [UInt8] = {
        var generator = SeededGenerator(seed: 1)
        var configuration = SwitchboardConfiguration()
        configuration.journalLimit = 1 << 20
        var switchboard = Switchboard(configuration)
        let media = MediaDescription(
            codec: .pcmu, payloadType: 0, telephoneEventPayloadType: 101, port: Port(0), rtcpPort: Port(1),
            remote: TransportAddress(ipv4: 1, port: 1), remoteRTCP: TransportAddress(ipv4: 1, port: 2))
        let admission = Admission(
            call: "fuzz", from: "a", to: "b", startedAt: WallTime(millisecondsSince1970: 0), timeZone: "UTC",
            agent: agent, caller: media, entropy: CallEntropy(from: &generator))
        switchboard.receive(.admit(admission), at: .zero)
        var octets: [UInt8] = []
        var room: [UInt8] = []
        for tick in 1...100 {
            switchboard.advance(to: .zero + .milliseconds(Int64(20 * tick)))
            while switchboard.nextDatagram(into: &room) != nil {}
            while let output = switchboard.poll() {
                if case .journal(_, .entries(let entries)) = output { octets += entries }
            }
        }
        return octets
    }()
}
