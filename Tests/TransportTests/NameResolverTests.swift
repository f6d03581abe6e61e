import Foundation
import Glibc
import SIP
import Synchronization
import Telephony
import Testing

@testable import Transport

/// A name server on loopback that knows a few names, for as long as there are questions.
private enum NameServer {
    /// Begins to answer.
    ///
    /// - Parameter records: the data of records by name and type, `_sip._udp.example.com 33`.
    /// - Returns: where it is asked, and what ends it.
    static func begin(_ records: [String: [[UInt8]]]) throws -> (address: String, end: @Sendable () -> Void) {
        let socket = Glibc.socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let status = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                bind(socket, pointer, length) == 0 ? getsockname(socket, pointer, &length) : -1
            }
        }
        try #require(status == 0)
        let port = UInt16(bigEndian: address.sin_port)
        // A thread of its own: it waits, and the pool's threads are few.
        Thread.detachNewThread { serve(socket, records) }
        return ("127.0.0.1:\(port)", { shutdown(socket, Int32(SHUT_RDWR)) })
    }

    private static func serve(_ socket: Int32, _ records: [String: [[UInt8]]]) {
        var room = [UInt8](repeating: 0, count: 512)
        while true {
            var peer = sockaddr_in()
            var length = socklen_t(MemoryLayout<sockaddr_in>.size)
            let count = withUnsafeMutablePointer(to: &peer) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    recvfrom(socket, &room, 512, 0, $0, &length)
                }
            }
            guard count > 12 else { break }
            let answer = self.answer(Array(room[0..<count]), records)
            withUnsafePointer(to: peer) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    _ = sendto(socket, answer, answer.count, 0, $0, length)
                }
            }
        }
        close(socket)
    }

    /// The answer to a question (RFC 1035 section 4).
    private static func answer(_ question: [UInt8], _ records: [String: [[UInt8]]]) -> [UInt8] {
        var at = 12
        var labels: [String] = []
        while question[at] != 0 {
            let count = Int(question[at])
            labels.append(String(decoding: question[(at + 1)...(at + count)], as: UTF8.self))
            at += count + 1
        }
        let type = Int(question[at + 1]) << 8 | Int(question[at + 2])
        let found = records["\(labels.joined(separator: ".")) \(type)"] ?? []
        var octets =
            Array(question[0..<2]) + [0x85, found.isEmpty ? 0x83 : 0x80, 0, 1, 0, UInt8(found.count), 0, 0, 0, 0]
        octets += question[12...(at + 4)]
        for data in found {
            octets += [0xC0, 12, UInt8(type >> 8), UInt8(type & 255), 0, 1, 0, 0, 0, 60]
            octets += [UInt8(data.count >> 8), UInt8(data.count & 255)] + data
        }
        return octets
    }

    static func name(_ name: String) -> [UInt8] {
        name.split(separator: ".").flatMap { [UInt8($0.utf8.count)] + Array($0.utf8) } + [0]
    }

    static func service(_ priority: UInt8, _ weight: UInt8, _ port: UInt16, _ target: String) -> [UInt8] {
        [0, priority, 0, weight, UInt8(port >> 8), UInt8(port & 255)] + name(target)
    }
}

@Suite("The machine's table of names")
struct HostsFileTests {
    @Test("names are found by family, in the order of the file, whatever their case, and not in comments")
    func names() {
        let file = HostsFile(
            text:
                "# 192.0.2.9 sip.example\n192.0.2.1\tSip.Example other # sip2.example\n\n2001:db8::1 sip.example\nbad x\n192.0.2.2 sip.example"
        )
        #expect(
            file.addresses(of: "sip.example", isIPv6: false).map(\.ipv4) == [0xC000_0201, 0xC000_0202])
        #expect(file.addresses(of: "SIP.example", isIPv6: true).count == 1)
        #expect(file.addresses(of: "sip2.example", isIPv6: false).isEmpty)
        #expect(file.addresses(of: "x", isIPv6: false).isEmpty)
    }
}

@Suite("NameResolver")
struct NameResolverTests {
    private static let records: [String: [[UInt8]]] = [
        "_sip._udp.example.com 33": [
            NameServer.service(20, 0, 5_070, "second.example.com"),
            NameServer.service(10, 0, 5_060, "first.example.com"),
        ],
        "first.example.com 1": [[192, 0, 2, 1], [192, 0, 2, 2]],
        "second.example.com 1": [[192, 0, 2, 3]],
        "second.example.com 28": [[0x20, 0x01, 0x0D, 0xB8] + [UInt8](repeating: 0, count: 11) + [1]],
    ]

    private static func hops(_ uri: String, usesIPv6: Bool = false) async throws -> [String] {
        let server = try NameServer.begin(records)
        defer { server.end() }
        let resolver = NameResolver(servers: server.address)
        var entropy = Entropy(SeededGenerator(seed: 1))
        let target = try #require(SIPURI(uri))
        return await resolver.hops(for: target, transports: [.udp], usesIPv6: usesIPv6, entropy: &entropy)
            .map { "\($0.transport.rawValue) \($0.address.hostAndPort)" }
    }

    @Test("services are found in the order of their priorities, with all addresses of each")
    func services() async throws {
        #expect(
            try await NameResolverTests.hops("sip:example.com")
                == ["udp 192.0.2.1:5060", "udp 192.0.2.2:5060", "udp 192.0.2.3:5070"])
    }

    @Test("a host with a port is asked for its addresses alone, of both families")
    func host() async throws {
        #expect(
            try await NameResolverTests.hops("sip:second.example.com:5080", usesIPv6: true).sorted()
                == ["udp 192.0.2.3:5080", "udp [2001:db8::1]:5080"])
    }

    @Test("a name that nobody knows has no targets, and an address needs no question")
    func nothing() async throws {
        #expect(try await NameResolverTests.hops("sip:unknown.example.com:5060").isEmpty)
        #expect(try await NameResolverTests.hops("sip:192.0.2.9") == ["udp 192.0.2.9:5060"])
    }
}
