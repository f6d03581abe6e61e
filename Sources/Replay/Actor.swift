import CallControl
import CallFlow
import DSP
import Telephony

/// A ``TestParty`` in a replay: it is dialled, rings, answers or does not, and then speaks on a line of its own.
final class Actor {
    private enum Phase {
        case idle
        /// Told of the call; decides at this moment.
        case ringing(LegID, until: Instant)
        case talking(LegID)
        /// Has answered while the call took its wish back.
        case crossing(LegID, until: Instant)
        case gone
    }

    /// From the call's taking back to the answer that was on its way.
    private static let crossing = Interval.milliseconds(30)

    let party: TestParty
    private var phase = Phase.idle
    private var endpoint: Caller?
    private var network: Network
    private let number: Int
    private var generator: SeededGenerator
    private let keepsHeard: Bool
    private var pendingReferral = UInt32(0)

    init(_ party: TestParty, number: Int, network: NetworkImpairment, generator: SeededGenerator, keepsHeard: Bool) {
        self.party = party
        self.number = number
        self.generator = generator
        self.keepsHeard = keepsHeard
        self.network = Network(network, seed: self.generator.next(), keepsTrace: false)
    }

    var leg: LegID? {
        switch phase {
        case .ringing(let leg, _), .talking(let leg): leg
        case .idle, .gone, .crossing: nil
        }
    }

    /// It has been called already.
    var wasCalled: Bool {
        if case .idle = phase { false } else { true }
    }

    /// Can be called: it is not on this call.
    var isFree: Bool { leg == nil }

    var deadline: Instant? {
        switch phase {
        case .idle, .gone: nil
        case .ringing(_, let until):
            if case .ignores = party.answer { network.nextArrival } else { until }
        case .crossing(_, let until): until
        case .talking:
            [endpoint?.deadline, network.nextArrival].compactMap { $0 }.min()
        }
    }

    /// The party is called.
    func ring(_ leg: LegID, at now: Instant) -> [LegEvent] {
        phase = .ringing(leg, until: now + party.after)
        return [.ringing(leg)]
    }

    /// The call lets the party go.
    func release(at now: Instant) {
        if party.crosses, case .ringing(let leg, _) = phase {
            phase = .crossing(leg, until: now + Actor.crossing)
        } else {
            phase = .gone
        }
    }

    /// All that the party heard.
    func takeHeard() -> PCMAudio {
        let sampleRate = endpoint?.offer.codec.sampleRate ?? 8_000
        return PCMAudio(sampleRate: sampleRate, samples: endpoint?.takeHeard() ?? [])
    }

    func observe(_ event: CallEvent, at now: Instant) {
        endpoint?.observe(event, at: now)
        // Who comes in the caller's place is the caller from then on.
        if case .legReplaced(let body) = event.body, body.leg == .caller, body.by == leg { phase = .talking(.caller) }
    }

    /// Hears a datagram that went out on one of its ports; whether it was the party's.
    func hear(_ datagram: [UInt8], on port: Port) -> Bool {
        guard port.rawValue / 2 == Int32(number) else { return false }
        endpoint?.hear(datagram)
        return true
    }

    /// What reaches Parley now of what the party sent.
    func arrival(at now: Instant) -> (bytes: [UInt8], port: Port, source: TransportAddress)? {
        guard let packet = network.receive(at: now), let offer = endpoint?.offer, leg != nil else { return nil }
        return (
            packet.bytes, packet.isRTCP ? offer.rtcpPort : offer.port,
            packet.isRTCP ? offer.remoteRTCP : offer.remote
        )
    }

    /// Does what is due.
    func act(at now: Instant) throws -> [Action] {
        switch phase {
        case .idle, .gone: return []
        case .ringing(let leg, let until):
            guard until <= now else { return [] }
            return try decide(leg, at: now)
        case .crossing(let leg, let until):
            guard until <= now else { return [] }
            let actions = try answer(leg, at: now)
            phase = .gone
            return actions
        case .talking(let leg):
            guard let due = endpoint?.deadline, due <= now else { return [] }
            switch endpoint?.act(into: &network, at: now) ?? nil {
            case nil: return []
            case .infoDigit(let digit): return [.event(.infoDigit(leg, digit))]
            case .hangUp:
                phase = .gone
                return [.event(.hungUp(leg))]
            case .command(.refer(let target)):
                pendingReferral += 1
                return [.event(.referred(leg, id: pendingReferral, target: target, replaces: nil))]
            case .command(let command): return [.command(leg, command)]
            }
        }
    }

    /// What an actor brings about.
    enum Action {
        case event(LegEvent)
        case command(LegID, PartyCommand)
    }

    private func decide(_ leg: LegID, at now: Instant) throws -> [Action] {
        switch party.answer {
        case .ignores: return []
        case .declines(let reason, let rule):
            phase = .gone
            return [.event(.refused(leg, reason, cause: reason.q850, rule: rule))]
        case .answers: return try answer(leg, at: now)
        }
    }

    private func answer(_ leg: LegID, at now: Instant) throws -> [Action] {
        endpoint = try Caller(
            Caller.Line(
                codec: party.codec, keys: .telephoneEvent, echo: nil, driftInPPM: 0, script: party.script,
                number: number),
            startingAt: now, entropy: &generator, keepsHeard: keepsHeard)
        phase = .talking(leg)
        guard let offer = endpoint?.offer else { return [] }
        return [.event(.answered(leg, offer))]
    }
}

extension LegEndReason {
    /// The cause that an exchange would give.
    fileprivate var q850: Int {
        switch self {
        case .hungUp, .released: 16
        case .busy: 17
        case .noAnswer: 19
        case .refused, .notAllowed: 21
        case .failed: 41
        }
    }
}
