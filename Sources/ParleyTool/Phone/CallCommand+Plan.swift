import AudioFiles
import Foundation
import Replay
import SIP
import Telephony
import Transport

// What the options of `parley call` mean.
extension CallCommand {
    /// Finds the far end, opens SIP's sockets, and makes the plan of the call.
    func prepare(_ server: SignallingServer) async throws
        -> (plan: PhonePlan, configuration: UserAgentConfiguration, bindTo: TransportAddress)
    {
        guard let uri = AnyURI(target), let sip = uri.sip else {
            throw CommandError(description: "\(target) is no SIP URI; write it as sip:100@192.0.2.1")
        }
        if let transport = sip.parameters.value("transport"), SIPTransport(rawValue: transport.lowercased()) == nil {
            throw CommandError(description: "\(target): ';transport=\(transport)' is none of udp, tcp and tls")
        }
        try checkRecording()
        let hops = try await hops(to: sip)
        guard let first = hops.first else {
            throw CommandError(description: "nothing is found for \((next ?? sip).host); check the name and the DNS")
        }
        guard let local = TransportAddress.ofRoute(to: first.address) else {
            throw CommandError(description: "\(Host(first.address).bare) is not reached from this machine")
        }
        var peer = PeerProfile(name: "far end", media: media, serverName: serverName, credentials: credentials)
        let told = try await listen(on: local, server, &peer)
        guard let from = from(at: told) else {
            throw CommandError(description: "--from \(self.from) is neither a number nor a SIP URI")
        }
        var plan = PhonePlan(
            target: uri, from: from, hops: hops, peer: peer, host: Host(local), call: CallID("call-\(told.port)"))
        plan.routes = try routes
        plan.headers = try headers
        plan.network = try network.map { try NetworkImpairment($0) } ?? .perfect
        plan.keys = inBand ? .inBand : info ? .sipInfo : .telephoneEvent
        plan.ringing = Interval(roundedSeconds: ring)
        plan.limit = Interval(roundedSeconds: limit)
        plan.recording = record
        try addSteps(to: &plan)
        var configuration = UserAgentConfiguration(
            advertised: peer.advertised, longestRinging: plan.ringing,
            policy: { [peer] hop in
                hops.contains { $0.address.hasSameHost(as: hop.address) } ? .serve(peer) : .drop
            })
        configuration.sessionInterval = nil
        return (plan, configuration, local)
    }

    /// A recording that cannot be written is noticed before anybody's phone rings.
    private func checkRecording() throws {
        guard let record else { return }
        let isThere = FileManager.default.fileExists(atPath: record)
        guard let file = fopen(record, "a") else {
            throw CommandError(
                description: "\(record): cannot be written (\(String(cString: strerror(errno)))); check the folder")
        }
        fclose(file)
        if !isThere { unlink(record) }
    }

    private var next: SIPURI? { proxy.flatMap { SIPURI($0) } }

    private func hops(to target: SIPURI) async throws -> [Hop] {
        if let proxy, next == nil {
            throw CommandError(description: "--proxy \(proxy) is no SIP URI; write it as sip:192.0.2.1")
        }
        var entropy = Entropy(SystemRandomNumberGenerator())
        let hops = await NameResolver().hops(for: next ?? target, transports: [.udp, .tcp, .tls], entropy: &entropy)
        guard let serverName else { return hops }
        return hops.map { hop in
            var hop = hop
            hop.serverName = serverName
            return hop
        }
    }

    private var routes: [NameAddress] {
        get throws {
            guard var proxy = next else { return [] }
            proxy.parameters["lr"] = .some(nil)
            return [NameAddress(uri: .sip(proxy))]
        }
    }

    private var headers: [(name: HeaderName, value: String)] {
        get throws {
            try header.map { text in
                let parts = text.split(separator: "=", maxSplits: 1)
                guard parts.count == 2, let first = parts.first, !first.isEmpty,
                    first.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: ":") })
                else { throw CommandError(description: "--header \(text): write it as X-Name=value") }
                return (HeaderName(String(first)), String(parts[1]))
            }
        }
    }

    private var credentials: DigestCredentials? {
        let environment = ProcessInfo.processInfo.environment
        guard let user = environment["PARLEY_SIP_USER"], let password = environment["PARLEY_SIP_PASSWORD"] else {
            return nil
        }
        return DigestCredentials(username: user, password: password)
    }

    private var media: MediaCapabilities {
        var media = MediaCapabilities(comfortNoise: true)
        media.srtp = srtp
        switch codec {
        case nil: break
        case .pcmu: media.formats = [.pcmu]
        case .pcma: media.formats = [.pcma]
        case .g722: media.formats = [.g722]
        case .opus: media.formats = [.opus]
        case .l16: media.formats = [.l16(sampleRate: 16_000), .l16(sampleRate: 8_000)]
        }
        return media
    }

    /// Opens sockets on a port that the kernel finds.
    private func listen(on local: TransportAddress, _ server: SignallingServer, _ peer: inout PeerProfile) async throws
        -> AdvertisedAddress
    {
        let (udp, port) = try await server.open(.udp, local, dscp: 24)
        var address = local
        address.port = port
        let (tcp, _) = try await server.open(.tcp, address)
        let chain = certificate.flatMap { chain in privateKey.map { (chain: chain, key: $0) } }
        let tls = server.openForCalling(tls: try TLSIdentity(clientTrusting: trust, certificate: chain))
        let told = AdvertisedAddress(host: Host(local), port: port)
        peer.listeners = [.udp: udp, .tcp: tcp, .tls: tls]
        peer.advertised = [.udp: told, .tcp: told, .tls: told]
        return told
    }

    private func from(at told: AdvertisedAddress) -> NameAddress? {
        if let party = NameAddress(from), party.uri.sip != nil { return party }
        guard !from.isEmpty, !from.contains(where: { $0.isWhitespace || $0 == "<" || $0 == "@" }) else { return nil }
        return NameAddress(uri: .sip(SIPURI(user: from, host: told.host, port: told.port)))
    }

    // MARK: - Steps

    private func addSteps(to plan: inout PhonePlan) throws {
        let begin = Interval(roundedSeconds: after)
        if let script {
            let call = try TestCallFolder.read(script)
            plan.steps = call.script.map(CallCommand.asHeard)
            if !inBand, !info { plan.keys = call.keys }
        } else {
            if let play {
                let audio = try AudioFile.read(play).caller
                plan.steps.append(
                    CallerStep(
                        trigger: .after(begin), action: .speak(.init(audio: audio, words: "", confidence: 0))))
            }
            try addKeys(to: &plan, begin)
        }
        let hangsUp = plan.steps.contains { if case .hangUp = $0.action { true } else { false } }
        guard !hangsUp, !plan.steps.isEmpty || stay != nil else { return }
        plan.steps.append(CallerStep(trigger: .after(Interval(roundedSeconds: stay ?? 1)), action: .hangUp))
    }

    private func addKeys(to plan: inout PhonePlan, _ begin: Interval) throws {
        var delay = plan.steps.isEmpty ? begin : .milliseconds(500)
        for part in (press ?? "").split(separator: ",", omittingEmptySubsequences: false) {
            let digits = part.compactMap { Digit($0) }
            guard digits.count == part.count else {
                throw CommandError(description: "--press \(press ?? ""): keys are 0-9, *, #, A-D, and commas to wait")
            }
            if !digits.isEmpty {
                let press = CallerStep.Action.press(
                    digits, nil, duration: .milliseconds(120), gap: .milliseconds(120))
                plan.steps.append(CallerStep(trigger: .after(delay), action: press))
                delay = .zero
            }
            delay += .seconds(2)
        }
    }

    /// A step as it is triggered by what can be heard from outside.
    private static func asHeard(_ step: CallerStep) -> CallerStep {
        var step = step
        switch step.trigger {
        case .promptBegins(_, let delay): step.trigger = .promptBegins(HeardPrompts.name, delay: delay)
        case .promptEnds(_, let delay): step.trigger = .promptEnds(HeardPrompts.name, delay: delay)
        case .at, .after: break
        }
        return step
    }
}
