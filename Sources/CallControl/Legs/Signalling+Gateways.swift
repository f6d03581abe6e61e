import Routing
import SIP
import Telephony

// Where calls of a trunk go out to, and under which names.

extension Signalling {
    /// Asks a trunk's gateways whether they are there.
    mutating func probe(_ name: String, at now: Instant) {
        guard let trunk = configuration.trunks.first(where: { $0.name == name }) else { return }
        for hop in trunk.gateways {
            let host = hop.serverName.flatMap { Host($0) } ?? Host(hop.address)
            var uri = SIPURI(host: host, port: hop.address.port)
            if hop.transport != .udp { uri.parameters["transport"] = .some(hop.transport.rawValue) }
            userAgent.probe(uri, via: hop, of: trunk.profile(), at: now)
        }
    }

    /// A gateway answered, or did not. Any answer but 503 shows that it takes requests.
    mutating func heard(of hop: Hop, _ status: Int?) {
        let place = Signalling.place(hop)
        if let status, status != 503, status != 408 {
            silentGateways.remove(place)
        } else {
            silentGateways.insert(place)
        }
    }

    /// A trunk's gateways in the order in which they are tried: those that were silent last come last.
    func gateways(of trunk: Trunk) -> [Hop] {
        trunk.gateways.filter { !silentGateways.contains(Signalling.place($0)) }
            + trunk.gateways.filter { silentGateways.contains(Signalling.place($0)) }
    }

    private static func place(_ hop: Hop) -> Hop { Hop(hop.transport, hop.address, serverName: hop.serverName) }

    /// The URI of a call that goes out: a target as a trunk's far end takes it.
    func uri(of plan: DialPlan, _ target: OutboundTarget?, at gateway: Hop, _ trunk: Trunk) -> AnyURI? {
        if isReturned(plan, to: trunk) { return plan.referred?.uri }
        guard let target else { return nil }
        guard case .number(let number) = target.form else { return AnyURI(target.description) }
        let host = gateway.serverName.flatMap { trunk.isDirectRouting ? $0 : nil } ?? "\(Host(gateway.address))"
        let transport = trunk.isDirectRouting ? ";transport=tls" : ""
        return AnyURI("sip:\(number)@\(host):\(gateway.address.port);user=phone" + transport)
    }

    /// The party of a call that goes out, as the far end sees it.
    func sender(_ shown: String, at host: Host, _ trunk: Trunk) -> AnyURI? {
        let user = EscapedText.escaped(shown.isEmpty ? "anonymous" : shown)
        return AnyURI("sip:\(user)@\(host)" + (trunk.isDirectRouting ? ";user=phone" : ""))
    }

    /// Teams asked for a call to somebody of its own: it goes back there, whatever may be called otherwise.
    func isReturned(_ plan: DialPlan, to trunk: Trunk) -> Bool {
        guard trunk.isDirectRouting, plan.trunk == trunk.name, let uri = plan.referred?.uri?.sip else { return false }
        return trunk.isGateway(uri.host)
    }

    /// The number that a trunk shows.
    func numberShown(by trunk: Trunk) -> String? {
        configuration.outbound.trunks.first { $0.name == trunk.name }?.numberShown
    }
}
