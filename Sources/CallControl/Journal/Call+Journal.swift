import CallFlow
import DSP
import RTP
import Telephony

// Where a call's journal is told what enters the call and what leaves it.

extension Call {
    /// Everything from now on is kept.
    mutating func beginJournal(
        _ configuration: SwitchboardConfiguration, limit: Int, firstTick: Instant, at now: Instant
    ) {
        let admission = JournaledAdmission(self.admission, configuration, firstTick: firstTick, at: now)
        journal = CallJournal(admission, limit: limit)
        outputs.append(.journal(id, .began(self.admission.agent)))
    }

    mutating func journal(_ input: CallInput, isVeiled: Bool = false, at now: Instant) {
        guard let journal else { return }
        journal.took(input, isVeiled: isVeiled, playing: caller.position, at: now)
    }

    mutating func journal(
        _ reply: SwitchboardInput.Reply, to kind: RequestKind, _ number: UInt64, at now: Instant
    ) {
        guard journal != nil else { return }
        var saysSecret = false
        if case .prompt = reply, kind == .prompt { saysSecret = player.isSecret(PlaybackID(Int(number))) }
        var isVeiled = saysSecret
        switch reply {
        case .recognized, .partiallyRecognized: isVeiled = takesSecret
        default: break
        }
        let kept = JournaledReply(reply, takesSecret: takesSecret, saysSecret: saysSecret)
        journal(.reply(kind: UInt8(kind.rawValue), number: number, kept), isVeiled: isVeiled, at: now)
    }

    /// Keeps a datagram that a leg has taken or refused. One that was not encrypted with the leg's key has changed nothing.
    mutating func journal(
        _ datagram: Span<UInt8>, of leg: LegID, isRTCPPort: Bool, from source: TransportAddress,
        _ refusal: DatagramRefusal?, at now: Instant
    ) {
        guard let journal, refusal != .unknownPort, refusal != .unauthenticated, refusal != .replayed else { return }
        let place = CallJournal.Place(
            leg: leg, isRTCPPort: isRTCPPort, source: source, position: caller.position, at: now)
        if leg == .caller {
            caller.journal(datagram, place, in: journal)
        } else if let index = index(of: leg) {
            joined[index].leg?.journal(datagram, place, in: journal)
        }
    }

    /// The call has had its turn and sent what there was to send.
    mutating func journalTurn(_ sent: [SentDatagram], at now: Instant) {
        guard let journal else { return }
        journal.turned(sent, isSecret: player.saysSecret, at: now)
        if let chunk = journal.chunk(at: now), !chunk.isEmpty { outputs.append(.journal(id, .entries(chunk))) }
    }
}

extension Leg {
    /// Keeps what was received last as it was decrypted.
    fileprivate mutating func journal(_ datagram: Span<UInt8>, _ place: CallJournal.Place, in journal: CallJournal) {
        let arrival = CallJournal.Arrival(place: place, media: takeMedia(), delay: delayOfLast())
        decrypted(datagram) { journal.received($0, arrival) }
    }
}
