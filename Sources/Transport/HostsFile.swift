import Glibc
import SIP
import Telephony

/// The machine's own table of names (hosts(5)), which counts before the DNS.
struct HostsFile: Sendable {
    private let lines: [[Substring]]

    /// Reads the file as it is now; what cannot be read is empty.
    init(path: String = "/etc/hosts") {
        guard let file = fopen(path, "r") else {
            self.init(text: "")
            return
        }
        defer { fclose(file) }
        var octets = [UInt8](repeating: 0, count: HostsFile.longest)
        let count = fread(&octets, 1, octets.count, file)
        self.init(text: String(decoding: octets.prefix(count), as: UTF8.self))
    }

    /// Octets that are read.
    private static let longest = 1 << 20

    init(text: String) {
        lines = text.split(whereSeparator: \.isNewline).map { line in
            line.prefix { $0 != "#" }.split(whereSeparator: \.isWhitespace)
        }
    }

    /// The addresses of a name, in the order of the file; empty when it has none.
    func addresses(of name: String, isIPv6: Bool) -> [TransportAddress] {
        let name = name.lowercased()
        return lines.compactMap { words in
            guard words.dropFirst().contains(where: { $0.lowercased() == name }),
                let address = Host(String(words[0]), allowsBareIPv6: true)?.address(port: 0),
                (address.ipv4 == nil) == isIPv6
            else { return nil }
            return address
        }
    }
}

extension NameQuery {
    /// What the machine's own table says; `nil` leaves the question to the DNS. A name of one family in it has no address of
    /// the other.
    var answerOfHostsFile: NameAnswer? {
        switch self {
        case .a(let name), .aaaa(let name):
            let file = HostsFile()
            let both = [false, true].map { file.addresses(of: name, isIPv6: $0) }
            guard both.contains(where: { !$0.isEmpty }) else { return nil }
            if case .a = self { return .addresses(both[0]) }
            return .addresses(both[1])
        case .srv, .naptr: return nil
        }
    }
}
