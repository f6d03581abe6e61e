import CAres
import Dispatch
import Glibc
package import SIP
import Telephony

/// Asks the DNS, by c-ares: for the registrars and proxies that the configuration names. Names in messages of strangers
/// never come here.
///
/// Each question has a channel of its own on a thread of its own: they are few, and no answer can hold another up.
package struct NameResolver: Sendable {
    /// Of one try, in milliseconds; there are two.
    private static let timeout: Int32 = 1_000
    /// How long a question may take in all, in milliseconds.
    private static let limit: Int64 = 5_000

    /// Servers as c-ares takes them, `127.0.0.1:5300`; `nil` asks those of the system.
    private let servers: String?

    package init(servers: String? = nil) { self.servers = servers }

    /// Where requests to a URI go, in the order in which they are to be tried (RFC 3263); empty when nothing is found.
    ///
    /// - Parameter entropy: draws among records of one priority.
    package func hops(
        for uri: SIPURI, transports: [SIPTransport], usesIPv6: Bool = true, entropy: inout Entropy
    ) async -> [Hop] {
        var resolution = TargetResolution(of: uri, transports: transports, usesIPv6: usesIPv6)
        while true {
            switch resolution.step {
            case .targets(let hops): return hops
            case .ask(let query): resolution.receive(await answer(to: query), entropy: &entropy)
            }
        }
    }

    /// Asks one question.
    package func answer(to query: NameQuery) async -> NameAnswer {
        await withCheckedContinuation { continuation in
            DispatchQueue.global().async { [servers] in
                if servers == nil, let known = query.answerOfHostsFile { return continuation.resume(returning: known) }
                continuation.resume(returning: NameResolver.ask(query, servers: servers))
            }
        }
    }

    // MARK: - c-ares

    /// What the callback of a question fills in.
    private final class Inquiry {
        let query: NameQuery
        var answer: NameAnswer?

        init(_ query: NameQuery) { self.query = query }
    }

    private static func ask(_ query: NameQuery, servers: String?) -> NameAnswer {
        _ = library
        var options = ares_options()
        options.timeout = timeout
        options.tries = 2
        var channel: ares_channel?
        guard
            ares_init_options(&channel, &options, Int32(ARES_OPT_TIMEOUTMS) | Int32(ARES_OPT_TRIES))
                == Int32(ARES_SUCCESS), let channel
        else { return query.nothing }
        defer { ares_destroy(channel) }
        if let servers { _ = ares_set_servers_ports_csv(channel, servers) }
        let inquiry = Inquiry(query)
        let (name, type) = query.question
        ares_query(
            channel, name, 1, type,
            { context, status, _, octets, count in
                guard let context else { return }
                let inquiry = Unmanaged<Inquiry>.fromOpaque(context).takeUnretainedValue()
                guard status == Int32(ARES_SUCCESS), let octets, count > 0 else {
                    inquiry.answer = inquiry.query.nothing
                    return
                }
                inquiry.answer = NameResolver.read(octets, count, inquiry.query)
            }, Unmanaged.passUnretained(inquiry).toOpaque())
        wait(for: inquiry, on: channel)
        return withExtendedLifetime(inquiry) { inquiry.answer ?? query.nothing }
    }

    private static let library = ares_library_init(Int32(ARES_LIB_INIT_ALL))

    /// By poll and not by select, whose sets end at descriptor 1,023.
    private static func wait(for inquiry: Inquiry, on channel: ares_channel) {
        let end = MonotonicClock.now + .milliseconds(limit)
        var sockets = [ares_socket_t](repeating: -1, count: Int(ARES_GETSOCK_MAXNUM))
        while inquiry.answer == nil, MonotonicClock.now < end {
            let uses = UInt32(bitPattern: ares_getsock(channel, &sockets, Int32(sockets.count)))
            var polled: [pollfd] = []
            for (index, socket) in sockets.enumerated() {
                let reads = uses >> UInt32(index) & 1 != 0
                let writes = uses >> UInt32(index + sockets.count) & 1 != 0
                guard reads || writes else { continue }
                let events = (reads ? Int16(POLLIN) : 0) | (writes ? Int16(POLLOUT) : 0)
                polled.append(pollfd(fd: socket, events: events, revents: 0))
            }
            guard !polled.isEmpty else { return }
            _ = poll(&polled, nfds_t(polled.count), 100)
            for entry in polled {
                let hasRead = entry.revents & Int16(POLLIN | POLLERR | POLLHUP) != 0
                let hasWritten = entry.revents & Int16(POLLOUT) != 0
                ares_process_fd(channel, hasRead ? entry.fd : -1, hasWritten ? entry.fd : -1)
            }
        }
    }

    // MARK: - Answers

    private static func read(_ octets: UnsafePointer<UInt8>, _ count: Int32, _ query: NameQuery) -> NameAnswer {
        switch query {
        case .srv: return .srv(services(octets, count))
        case .naptr: return .naptr(pointers(octets, count))
        case .a:
            var found = [ares_addrttl](repeating: ares_addrttl(), count: SIPLimits.resolutionTargets)
            var number = Int32(found.count)
            guard ares_parse_a_reply(octets, count, nil, &found, &number) == Int32(ARES_SUCCESS) else {
                return query.nothing
            }
            return .addresses(
                found.prefix(Int(max(0, number))).map {
                    TransportAddress(ipv4: UInt32(bigEndian: $0.ipaddr.s_addr), port: 0)
                })
        case .aaaa:
            var found = [ares_addr6ttl](repeating: ares_addr6ttl(), count: SIPLimits.resolutionTargets)
            var number = Int32(found.count)
            guard ares_parse_aaaa_reply(octets, count, nil, &found, &number) == Int32(ARES_SUCCESS) else {
                return query.nothing
            }
            return .addresses(
                found.prefix(Int(max(0, number))).map { entry in
                    withUnsafeBytes(of: entry.ip6addr) { octets in
                        TransportAddress(
                            high: UInt64(bigEndian: octets.loadUnaligned(as: UInt64.self)),
                            low: UInt64(bigEndian: octets.loadUnaligned(fromByteOffset: 8, as: UInt64.self)), port: 0)
                    }
                })
        }
    }

    private static func services(_ octets: UnsafePointer<UInt8>, _ count: Int32) -> [SRVRecord] {
        var first: UnsafeMutablePointer<ares_srv_reply>?
        guard ares_parse_srv_reply(octets, count, &first) == Int32(ARES_SUCCESS) else { return [] }
        defer { ares_free_data(first) }
        var records: [SRVRecord] = []
        var next = first
        while let record = next?.pointee, records.count < SIPLimits.resolutionTargets {
            if let host = record.host {
                records.append(
                    SRVRecord(
                        priority: record.priority, weight: record.weight, port: record.port,
                        target: String(cString: host)))
            }
            next = record.next
        }
        return records
    }

    private static func pointers(_ octets: UnsafePointer<UInt8>, _ count: Int32) -> [NAPTRRecord] {
        var first: UnsafeMutablePointer<ares_naptr_reply>?
        guard ares_parse_naptr_reply(octets, count, &first) == Int32(ARES_SUCCESS) else { return [] }
        defer { ares_free_data(first) }
        var records: [NAPTRRecord] = []
        var next = first
        while let record = next?.pointee, records.count < SIPLimits.resolutionTargets {
            if let flags = record.flags, let service = record.service, let replacement = record.replacement {
                records.append(
                    NAPTRRecord(
                        order: record.order, preference: record.preference,
                        flags: String(decodingCString: flags, as: UTF8.self),
                        service: String(decodingCString: service, as: UTF8.self),
                        replacement: String(cString: replacement)))
            }
            next = record.next
        }
        return records
    }
}

extension NameQuery {
    /// The name and the type of record (RFC 1035 section 3.2.2, RFC 3596, RFC 2782, RFC 3403).
    fileprivate var question: (name: String, type: Int32) {
        switch self {
        case .a(let name): (name, 1)
        case .aaaa(let name): (name, 28)
        case .srv(let name): (name, 33)
        case .naptr(let name): (name, 35)
        }
    }

    fileprivate var nothing: NameAnswer {
        switch self {
        case .a, .aaaa: .addresses([])
        case .srv: .srv([])
        case .naptr: .naptr([])
        }
    }
}
