package import CallFlow
package import RTP
package import SIP
package import Telephony

/// A range of addresses: those that agree with one in so many leading bits.
package struct AddressRange: Sendable, Equatable {
    private let base: TransportAddress
    /// Leading bits of the 128 that count; 96 more than those of an IPv4 range.
    private let prefix: Int

    /// - Parameter bits: 0 to 32.
    package init(ipv4: UInt32, bits: Int) {
        base = TransportAddress(ipv4: ipv4, port: 0)
        prefix = 96 + min(32, max(0, bits))
    }

    /// - Parameter bits: 0 to 128.
    package init(ipv6 base: TransportAddress, bits: Int) {
        self.base = base
        prefix = min(128, max(0, bits))
    }

    /// 127.0.0.0/8.
    package static let loopback = AddressRange(ipv4: 0x7F00_0000, bits: 8)

    package func contains(_ address: TransportAddress) -> Bool {
        let high = UInt64.max << UInt64(64 - min(64, prefix))
        let low = prefix <= 64 ? 0 : UInt64.max << UInt64(128 - prefix)
        return (address.high ^ base.high) & high == 0 && (address.low ^ base.low) & low == 0
    }
}

/// Where calls come from, by name: who may send them, how their media is, and which agent answers which number.
package struct Trunk: Sendable {
    package var name: String
    /// Who may send calls.
    package var signalling: [AddressRange]
    /// Where media may be sent before the far end has acknowledged the answer: nobody can be made to send media to
    /// somebody else by one forged datagram.
    package var media: [AddressRange]
    package var capabilities: MediaCapabilities
    package var sourceRule: SourceLatch.Rule
    /// The agents by the number that was called.
    package var agents: [String: Agent]
    /// Answers every other number.
    package var otherwise: Agent?

    package init(
        name: String, signalling: [AddressRange], media: [AddressRange],
        capabilities: MediaCapabilities = MediaCapabilities(), sourceRule: SourceLatch.Rule = .negotiated,
        agents: [String: Agent] = [:], otherwise: Agent? = nil
    ) {
        self.name = name
        self.signalling = signalling
        self.media = media
        self.capabilities = capabilities
        self.sourceRule = sourceRule
        self.agents = agents
        self.otherwise = otherwise
    }

    /// The agent that answers a number.
    func agent(for number: String) -> Agent? { agents[number] ?? otherwise }

    /// What the user agent is told of this trunk.
    var profile: PeerProfile { PeerProfile(name: name, media: capabilities) }
}
