import ArgumentParser
import CAllocationCounter
import CallControl
import CallFlow
import Foundation
import SIP
import Telephony

/// Calls that nobody acknowledges, by the hundred thousand, in virtual time.
struct FloodCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "flood",
        abstract: "INVITEs that are never acknowledged: what is left of them 70 s later.",
        discussion: """
            Runs one switchboard in virtual time: an INVITE each half millisecond, no ACK, then 70 s of silence. No call, \
            no port and no more than 2 MB of heap may be left.

            EXAMPLES:
              swift run -c release ParleyProof flood
              swift run -c release ParleyProof flood --invites 20000 --ports 100
            """)

    @Option(help: "INVITEs.") var invites = 100_000
    @Option(help: "Pairs of media ports.") var ports = 2_000
    @Option(help: "MB of heap that may be left.") var limit = 2.0

    func run() throws {
        var switchboard = Switchboard(try settings())
        var now = Instant.zero
        var tally = Tally()
        // One whole round first, so that what is kept for good is there before it is measured.
        for name in ["warm-1", "warm-2"] { invite(name, &switchboard, at: now, &tally) }
        idle(&switchboard, &now, &tally)
        tally = Tally()
        let before = parley_heap_octets()
        for index in 0..<invites {
            now += .nanoseconds(500_000)
            while let due = switchboard.deadline, due <= now {
                switchboard.advance(to: due)
                tally.drain(&switchboard)
            }
            invite("flood-\(index)", &switchboard, at: now, &tally)
            tally.peak = max(tally.peak, index % 1_000 == 0 ? parley_heap_octets() : 0)
        }
        idle(&switchboard, &now, &tally)
        let after = parley_heap_octets()
        let left = (Double(after) - Double(before)) / 1_048_576
        print(
            "\(invites) INVITEs: \(tally.answered) answered, \(tally.refused) refused; "
                + String(
                    format: "heap at the most +%.1f MB, 70 s later %+.2f MB; ",
                    (Double(tally.peak) - Double(before)) / 1_048_576, left)
                + "calls left \(switchboard.callCount), media packets sent \(tally.packets)")
        tally = Tally()
        for index in 0..<ports { invite("after-\(index)", &switchboard, at: now, &tally) }
        print("then \(tally.answered) of \(ports) ports answer a call")
        guard left <= limit, tally.answered == ports else { throw ExitCode.failure }
    }

    private struct Tally {
        var answered = 0
        var refused = 0
        var packets = 0
        var peak: UInt64 = 0
        private var bytes: [UInt8] = []

        mutating func drain(_ switchboard: inout Switchboard) {
            while switchboard.nextDatagram(into: &bytes) != nil { packets += 1 }
            while let output = switchboard.poll() {
                guard case .signal(let message) = output else { continue }
                let head = message.octets.prefix(11)
                if head.elementsEqual("SIP/2.0 200".utf8) { answered += 1 }
                if head.elementsEqual("SIP/2.0 503".utf8) { refused += 1 }
            }
        }
    }

    private func idle(_ switchboard: inout Switchboard, _ now: inout Instant, _ tally: inout Tally) {
        let end = now + .seconds(70)
        while let due = switchboard.deadline, due <= end {
            now = max(now, due)
            switchboard.advance(to: now)
            tally.drain(&switchboard)
        }
        now = end
    }

    private func invite(_ name: String, _ switchboard: inout Switchboard, at now: Instant, _ tally: inout Tally) {
        let body = """
            v=0\r
            o=- 1 1 IN IP4 127.0.0.1\r
            s=-\r
            c=IN IP4 127.0.0.1\r
            t=0 0\r
            m=audio 6000 RTP/AVP 0 101\r
            a=rtpmap:101 telephone-event/8000\r

            """
        let text = """
            INVITE sip:100@127.0.0.1 SIP/2.0\r
            Via: SIP/2.0/UDP 127.0.0.1:5070;branch=z9hG4bK-\(name);rport\r
            Max-Forwards: 70\r
            From: <sip:flood@127.0.0.1>;tag=\(name)\r
            To: <sip:100@127.0.0.1>\r
            Call-ID: \(name)\r
            CSeq: 1 INVITE\r
            Contact: <sip:flood@127.0.0.1:5070>\r
            Content-Type: application/sdp\r
            Content-Length: \(body.utf8.count)\r
            \r
            \(body)
            """
        let hop = Hop(.udp, TransportAddress(ipv4: 0x7F00_0001, port: 5_070))
        switchboard.receive(.signalling(.datagram(Array(text.utf8), hop)), at: now)
        tally.drain(&switchboard)
    }

    /// No media networks: nothing is sent before an ACK, which never comes.
    private func settings() throws -> SwitchboardConfiguration {
        let trunk = Trunk(name: "flood", signalling: [.loopback], media: [], otherwise: try LineAgent.silent())
        let host = Host.ipv4(0x7F00_0001)
        let pairs = (0..<Int32(ports)).map {
            MediaPortPair(rtp: Port(2 * $0), rtcp: Port(2 * $0 + 1), number: UInt16(10_000 + 2 * $0))
        }
        var configuration = SwitchboardConfiguration()
        configuration.signalling = SignallingConfiguration(
            trunks: [trunk], advertised: [.udp: AdvertisedAddress(host: host, port: 5_060)], mediaHost: host,
            ports: pairs, entropy: Entropy(SeededGenerator(seed: 3)))
        return configuration
    }
}
