package import Telephony

/// A question to the DNS.
package enum NameQuery: Sendable, Hashable {
    case naptr(String)
    case srv(String)
    case a(String)
    case aaaa(String)
}

/// A NAPTR record as far as SIP uses it (RFC 3263 section 4.1).
package struct NAPTRRecord: Sendable, Hashable {
    package var order: UInt16
    package var preference: UInt16
    package var flags: String
    package var service: String
    package var replacement: String

    package init(order: UInt16, preference: UInt16, flags: String = "s", service: String, replacement: String) {
        self.order = order
        self.preference = preference
        self.flags = flags
        self.service = service
        self.replacement = replacement
    }
}

/// An SRV record (RFC 2782).
package struct SRVRecord: Sendable, Hashable {
    package var priority: UInt16
    package var weight: UInt16
    package var port: UInt16
    package var target: String

    package init(priority: UInt16, weight: UInt16, port: UInt16, target: String) {
        self.priority = priority
        self.weight = weight
        self.port = port
        self.target = target
    }
}

/// The answer to a ``NameQuery``; empty when there is none, it failed or came too late.
package enum NameAnswer: Sendable, Equatable {
    case naptr([NAPTRRecord])
    case srv([SRVRecord])
    /// Of A and AAAA; the ports are of no account.
    case addresses([TransportAddress])
}

/// Finds where to send a request for a URI (RFC 3263 section 4): asks questions one at a time and gives the targets in the
/// order in which they are to be tried. It serves configured peers; names that strangers wrote are not resolved.
package struct TargetResolution: Sendable {
    private enum State: Sendable {
        case naptr
        /// SRV names that are still to be asked, and the one that is being asked.
        case srv([(transport: SIPTransport, name: String)])
        /// Hosts that are still to be asked; whether the AAAA of the first was asked already.
        case hosts([HostTarget], askedAAAA: Bool)
        case done
    }

    private struct HostTarget: Sendable {
        var transport: SIPTransport
        var name: String
        var port: UInt16
    }

    /// What to do next.
    package enum Step: Sendable, Equatable {
        case ask(NameQuery)
        /// All targets, the best first; empty when the name leads nowhere.
        case targets([Hop])
    }

    private let domain: String
    private let isSecure: Bool
    private let usesIPv6: Bool
    private let transports: [SIPTransport]
    private var state: State
    private var hops: [Hop] = []
    /// One question at most for each record of an answer, so that no name server leads in circles.
    private var questionsLeft = SIPLimits.resolutionTargets * 2

    /// - Parameters:
    ///   - transports: that are spoken, in order of preference.
    package init(of uri: SIPURI, transports: [SIPTransport] = [.udp, .tcp, .tls], usesIPv6: Bool = true) {
        isSecure = uri.isSecure
        self.usesIPv6 = usesIPv6
        self.transports = uri.isSecure ? [.tls] : transports
        let maddr = uri.parameters.value("maddr").flatMap { Host($0, allowsBareIPv6: true) }
        let host = maddr ?? uri.host
        let chosen = uri.isSecure ? SIPTransport.tls : uri.transport
        domain = if case .name(let name) = host { name } else { "" }
        if let address = host.address(port: uri.port ?? (chosen ?? .udp).defaultPort) {
            // An address needs no question (section 4.1: UDP unless the URI says otherwise).
            hops = [Hop(chosen ?? .udp, address)]
            state = .done
        } else if let port = uri.port {
            state = .hosts([HostTarget(transport: chosen ?? .udp, name: domain, port: port)], askedAAAA: false)
        } else if let chosen {
            state = .srv([(chosen, TargetResolution.serviceName(chosen, domain))])
        } else {
            state = .naptr
        }
    }

    private static func serviceName(_ transport: SIPTransport, _ domain: String) -> String {
        switch transport {
        case .udp: "_sip._udp." + domain
        case .tcp: "_sip._tcp." + domain
        case .tls: "_sips._tcp." + domain
        }
    }

    /// The question that is open, or the result.
    package var step: Step {
        switch state {
        case .naptr: return .ask(.naptr(domain))
        case .srv(let names):
            guard let first = names.first else { return .targets(hops) }
            return .ask(.srv(first.name))
        case .hosts(let hosts, let askedAAAA):
            guard let first = hosts.first else { return .targets(hops) }
            return .ask(usesIPv6 && !askedAAAA ? .aaaa(first.name) : .a(first.name))
        case .done: return .targets(hops)
        }
    }

    /// Takes the answer to the open question.
    package mutating func receive(_ answer: NameAnswer, entropy: inout Entropy) {
        questionsLeft -= 1
        guard questionsLeft > 0, hops.count < SIPLimits.resolutionTargets else {
            state = .done
            return
        }
        switch (state, answer) {
        case (.naptr, .naptr(let records)): receive(naptr: records)
        case (.naptr, _): askServices()
        case (.srv(let names), .srv(let records)): receive(srv: records, names, &entropy)
        case (.srv(let names), _): receive(srv: [], names, &entropy)
        case (.hosts(let hosts, let askedAAAA), .addresses(let addresses)): receive(addresses, hosts, askedAAAA)
        case (.hosts(let hosts, let askedAAAA), _): receive([], hosts, askedAAAA)
        case (.done, _): break
        }
    }

    private mutating func receive(naptr records: [NAPTRRecord]) {
        let services: [String: SIPTransport] = ["sip+d2u": .udp, "sip+d2t": .tcp, "sips+d2t": .tls]
        let usable = records.prefix(SIPLimits.resolutionTargets)
            .filter { $0.flags.equalsIgnoringCase("s") && !$0.replacement.isEmpty }
            .compactMap { record in
                services[record.service.asciiLowercased].map { (record: record, transport: $0) }
            }
            .filter { transports.contains($0.transport) }
            .sorted {
                ($0.record.order, $0.record.preference) < ($1.record.order, $1.record.preference)
            }
        if usable.isEmpty { askServices() } else { state = .srv(usable.map { ($0.transport, $0.record.replacement) }) }
    }

    /// Without NAPTR records every transport's service is asked for (section 4.1).
    private mutating func askServices() {
        state = .srv(transports.map { ($0, TargetResolution.serviceName($0, domain)) })
    }

    private mutating func receive(
        srv records: [SRVRecord], _ names: [(transport: SIPTransport, name: String)], _ entropy: inout Entropy
    ) {
        guard let asked = names.first else { return }
        // A target of "." says that the service is not there (RFC 2782).
        let usable = records.prefix(SIPLimits.resolutionTargets).filter {
            $0.target != "." && !$0.target.isEmpty && $0.port != 0
        }
        let ordered = TargetResolution.ordered(Array(usable), &entropy)
        found += ordered.map { HostTarget(transport: asked.transport, name: $0.target, port: $0.port) }
        let rest = Array(names.dropFirst())
        if !rest.isEmpty {
            state = .srv(rest)
        } else if found.isEmpty {
            let transport = transports.first ?? .udp
            state = .hosts(
                [HostTarget(transport: transport, name: domain, port: transport.defaultPort)], askedAAAA: false)
        } else {
            state = .hosts(Array(found.prefix(SIPLimits.resolutionTargets)), askedAAAA: false)
        }
    }

    private var found: [HostTarget] = []

    /// The order of RFC 2782: by priority, and within one drawn by weight.
    static func ordered(_ records: [SRVRecord], _ entropy: inout Entropy) -> [SRVRecord] {
        var result: [SRVRecord] = []
        // Weights of zero come first in a draw, so that they have a small chance.
        var rest = records.sorted {
            ($0.priority, $0.weight, $0.target, $0.port) < ($1.priority, $1.weight, $1.target, $1.port)
        }
        while let priority = rest.first?.priority {
            var group = Array(rest.prefix { $0.priority == priority })
            rest.removeFirst(group.count)
            while !group.isEmpty {
                let total = group.reduce(UInt64(0)) { $0 + UInt64($1.weight) }
                let drawn = entropy.number(below: total + 1)
                var sum: UInt64 = 0
                let index = group.firstIndex { record in
                    sum += UInt64(record.weight)
                    return sum >= drawn
                }
                result.append(group.remove(at: index ?? 0))
            }
        }
        return result
    }

    private mutating func receive(_ addresses: [TransportAddress], _ hosts: [HostTarget], _ askedAAAA: Bool) {
        guard let host = hosts.first else { return }
        for address in addresses.prefix(SIPLimits.resolutionTargets) where hops.count < SIPLimits.resolutionTargets {
            var address = address
            address.port = host.port
            let hop = Hop(host.transport, address, serverName: host.transport == .tls ? domain : nil)
            if !hops.contains(hop) { hops.append(hop) }
        }
        if usesIPv6, !askedAAAA {
            state = .hosts(hosts, askedAAAA: true)
        } else {
            state = .hosts(Array(hosts.dropFirst()), askedAAAA: false)
        }
    }
}
