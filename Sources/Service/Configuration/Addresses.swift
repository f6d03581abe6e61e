import CallControl
import SIP
import Telephony

extension TransportAddress {
    /// An address with a port: `192.0.2.1:5060`, `[2001:db8::1]:5061`.
    init?(hostAndPort text: String) {
        guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]),
            let host = Host(String(text[..<colon])), let address = host.address(port: port)
        else { return nil }
        self = address
    }

    /// An address without a port: `192.0.2.1`, `2001:db8::1`, `[2001:db8::1]`.
    init?(host text: String) {
        guard let address = Host(text, allowsBareIPv6: true)?.address(port: 0) else { return nil }
        self = address
    }

    /// Whether it is no address of one host but every one of the machine's.
    var isEveryAddress: Bool { ipv4 == 0 || (high == 0 && low == 0) }
}

extension AddressRange {
    /// An address or a network: `203.0.113.7`, `203.0.113.0/24`, `2001:db8::/32`.
    init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard (1...2).contains(parts.count), let address = TransportAddress(host: String(parts[0])) else { return nil }
        let most = address.ipv4 == nil ? 128 : 32
        guard let bits = parts.count == 2 ? Int(parts[1]) : most, (0...most).contains(bits) else { return nil }
        if let ipv4 = address.ipv4 {
            self.init(ipv4: ipv4, bits: bits)
        } else {
            self.init(ipv6: address, bits: bits)
        }
    }
}

extension TrunkConfiguration.Listener {
    /// `udp:192.0.2.1:5060`.
    init?(_ text: String) {
        guard let colon = text.firstIndex(of: ":"), let transport = SIPTransport(rawValue: String(text[..<colon])),
            let address = TransportAddress(hostAndPort: String(text[text.index(after: colon)...]))
        else { return nil }
        self.init(transport, address)
    }
}

extension TrunkConfiguration.Advertised {
    /// A host, with a port or without.
    init?(_ text: String) {
        if let host = Host(text, allowsBareIPv6: true) {
            self.init(host: host, port: nil)
        } else if let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]),
            let host = Host(String(text[..<colon]))
        {
            self.init(host: host, port: port)
        } else {
            return nil
        }
    }
}

extension AudioFormat {
    /// A codec as the configuration names it.
    init?(configured name: String) {
        let known: [String: AudioFormat] = [
            "pcmu": .pcmu, "pcma": .pcma, "g722": .g722, "opus": .opus, "l16/8000": .l16(sampleRate: 8_000),
            "l16/16000": .l16(sampleRate: 16_000),
        ]
        guard let format = known[name.lowercased()] else { return nil }
        self = format
    }
}
