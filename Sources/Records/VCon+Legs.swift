import Telephony

/// The legs that a call grew, as a vCon tells them: a party each, what each did when, and how the caller came to them.
struct LegHistory {
    /// One leg.
    struct Entry {
        let leg: LegID
        let role: LegRole
        let target: DisclosableText
        let dialledAt: Double
        /// The leg that asked for it: somebody who consults; `nil` when the dialog did.
        let askedBy: LegID?
        var answeredAt: Double?
        var endedAt: Double?
        var reason: LegEndReason?
        /// How it takes part; `nil` before it does.
        var participation: Participation?
        var wasWithCaller = false
        /// Seconds in which it was apart with the one who asked for it.
        var consultation: (start: Double, end: Double?)?
    }

    private(set) var entries: [Entry] = []
    /// What the parties did in the conversation, in order, with seconds from the answer.
    private(set) var events: [(at: Double, event: VCon.PartyEvent.Kind, party: Int)] = []
    private var callerIsHeld = false

    /// - Parameter events: the facts of the call.
    init(_ events: [CallEvent]) {
        for event in events { take(event.body, at: event.at.roundedSeconds) }
    }

    /// The place of a leg among the parties of the vCon.
    func party(of leg: LegID) -> Int {
        leg == .caller ? VCon.caller : (entries.firstIndex { $0.leg == leg } ?? -1) + 2
    }

    private mutating func take(_ body: CallEventBody, at: Double) {
        switch body {
        case .legDialled(let body):
            let asking = entries.last { $0.participation?.room == .consultation && $0.endedAt == nil }
            entries.append(
                Entry(leg: body.leg, role: body.role, target: body.target, dialledAt: at, askedBy: asking?.leg))
        case .legAnswered(let body): change(body.leg) { $0.answeredAt = at }
        case .legPlaced(let body):
            let participation = Participation(body.room, isMuted: body.isMuted, whispersTo: body.whispersTo)
            body.leg == .caller ? placeCaller(participation, at) : place(body.leg, participation, at)
        case .legEnded(let body):
            if isPresent(body.leg) { add(.drop, body.leg, at) }
            change(body.leg) {
                $0.endedAt = at
                $0.reason = body.reason
                if $0.consultation != nil, $0.consultation?.end == nil { $0.consultation?.end = at }
            }
        default: break
        }
    }

    private mutating func change(_ leg: LegID, _ change: (inout Entry) -> Void) {
        guard let index = entries.lastIndex(where: { $0.leg == leg }) else { return }
        change(&entries[index])
    }

    private mutating func add(_ event: VCon.PartyEvent.Kind, _ leg: LegID, _ at: Double) {
        events.append((at, event, party(of: leg)))
    }

    /// Whether a leg is in the conversation, on hold or not.
    private func isPresent(_ leg: LegID) -> Bool {
        guard let room = entries.last(where: { $0.leg == leg })?.participation?.room else { return false }
        return room != .consultation
    }

    private mutating func placeCaller(_ participation: Participation, _ at: Double) {
        let isHeld = participation.room == .hold
        if isHeld != callerIsHeld { add(isHeld ? .hold : .unhold, .caller, at) }
        callerIsHeld = isHeld
    }

    private mutating func place(_ leg: LegID, _ new: Participation, _ at: Double) {
        guard let entry = entries.last(where: { $0.leg == leg }) else { return }
        let old = entry.participation
        let (was, isThere) = (isPresent(leg), new.room != .consultation)
        if !was, isThere { add(.join, leg, at) }
        if was, !isThere { add(.drop, leg, at) }
        let (wasHeld, isHeld) = (old?.room == .hold, new.room == .hold)
        if isThere, wasHeld != isHeld { add(isHeld ? .hold : .unhold, leg, at) }
        let wasMuted = was && (old?.isMuted ?? false)
        if isThere, wasMuted != new.isMuted { add(new.isMuted ? .mute : .unmute, leg, at) }
        change(leg) {
            $0.participation = new
            $0.wasWithCaller = $0.wasWithCaller || new.room == .conversation
            if new.room == .consultation, $0.askedBy != nil, $0.consultation == nil { $0.consultation = (at, nil) }
            if new.room == .conversation, $0.consultation != nil, $0.consultation?.end == nil {
                $0.consultation?.end = at
            }
        }
    }

    /// Whether the caller was handed over to a leg: by the dialog, or by somebody who was gone before it was.
    func isTransfer(_ entry: Entry) -> Bool {
        guard entry.role != .supervisor else { return false }
        guard let asking = entry.askedBy, let asked = entries.last(where: { $0.leg == asking }) else { return true }
        guard entry.wasWithCaller else { return entry.answeredAt == nil }
        return (asked.endedAt ?? .infinity) < (entry.endedAt ?? .infinity)
    }
}

extension LegHistory.Entry {
    /// Why the leg never came; `nil` when it did.
    var disposition: VCon.Dialog.Disposition? {
        guard answeredAt == nil else { return nil }
        return switch reason {
        case .busy: .busy
        case .noAnswer: .noAnswer
        case .released, .hungUp: .hungUp
        case .refused, .notAllowed, .failed, nil: .failed
        }
    }
}

extension VCon {
    /// The party that a leg is.
    static func party(of entry: LegHistory.Entry) -> Party {
        var party = Party(address: entry.target.redacted)
        party.name =
            switch entry.role {
            case .agent: "Agent"
            case .expert: "Expert"
            case .supervisor: "Supervisor"
            case .caller, .outsideNumber: nil
            }
        return party
    }

    /// The dialogs behind the conversation: attempts that came to nothing, consultations, and the transfers that link
    /// them with the conversation.
    static func dialogs(of legs: LegHistory, _ answeredAt: WallTime) -> [Dialog] {
        var dialogs: [Dialog] = []
        func time(_ seconds: Double) -> WallTime { answeredAt + Interval(roundedSeconds: seconds) }
        for entry in legs.entries {
            let target = legs.party(of: entry.leg)
            let asking = entry.askedBy.map { legs.party(of: $0) } ?? parley
            var link = Dialog(.transfer, start: time(entry.dialledAt))
            (link.transferee, link.transferor, link.transferTarget) = (caller, asking, target)
            (link.original, link.targetDialog) = (0, 0)
            if let disposition = entry.disposition {
                var attempt = Dialog(.incomplete, start: time(entry.dialledAt))
                attempt.parties = [[asking], [target]]
                attempt.originator = asking
                attempt.disposition = disposition
                dialogs.append(attempt)
                link.targetDialog = dialogs.count
            }
            if let consultation = entry.consultation {
                var apart = Dialog(.recording, start: time(consultation.start))
                apart.duration = consultation.end.map { max(0, (($0 - consultation.start) * 1e6).rounded() / 1e6) }
                apart.parties = [[asking], [target]]
                apart.originator = asking
                apart.application = "telephony"
                dialogs.append(apart)
                link.consultation = dialogs.count
            }
            if legs.isTransfer(entry) { dialogs.append(link) }
        }
        return dialogs
    }
}
