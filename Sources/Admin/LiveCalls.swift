import Synchronization
package import Telephony

/// The calls that run at the moment, as an operator sees them: no number in full, nothing that was pressed or said.
package final class LiveCalls: Sendable {
    /// A running call.
    package struct Summary: Sendable, Equatable, Codable {
        package var call: CallID
        /// The last two digits alone.
        package var from: String
        package var to: String
        package var agent: String
        package var codec: String
        package var startedAt: WallTime
        /// Where the dialog is.
        package var topic = ""
        package var action = ""
        /// Those who are called, or in the call, beside the caller, whose leg is 0.
        package var legs: [Leg] = []
        /// How the caller takes part once there are others.
        package var callerPlace: String?
        /// A consultation has been asked for that the call has not told of yet.
        package var awaitsConsultation: Bool?
    }

    /// A further leg of a running call.
    package struct Leg: Sendable, Equatable, Codable {
        package var leg: LegID
        package var role: LegRole
        /// The end of a number, or of an address.
        package var target: String
        package var hasAnswered = false
        /// Where the party is, and whether it is heard.
        package var place = ""
    }

    private let calls = Mutex<[CallID: Summary]>([:])

    package init() {}

    package func happened(_ event: CallEvent) {
        switch event.body {
        case .callStarted(let body):
            let summary = Summary(
                call: event.call, from: body.from.maskedNumber, to: body.to.maskedNumber, agent: body.agent,
                codec: body.codec, startedAt: body.startedAt)
            calls.withLock { $0[event.call] = summary }
        case .actionStarted(let body):
            calls.withLock { calls in
                calls[event.call]?.topic = body.topic
                calls[event.call]?.action = body.action
            }
        case .callEnded: calls.withLock { $0[event.call] = nil }
        case .legDialled(let body):
            let leg = Leg(leg: body.leg, role: body.role, target: body.maskedTarget)
            calls.withLock { $0[event.call]?.legs.append(leg) }
        case .legAnswered(let body): change(body.leg, of: event.call) { $0.hasAnswered = true }
        case .legPlaced(let body):
            let place = body.place
            if body.room == .consultation { calls.withLock { $0[event.call]?.awaitsConsultation = nil } }
            guard body.leg == .caller else { return change(body.leg, of: event.call) { $0.place = place } }
            calls.withLock { $0[event.call]?.callerPlace = place }
        case .legEnded(let body):
            calls.withLock { $0[event.call]?.legs.removeAll { $0.leg == body.leg } }
        default: break
        }
    }

    /// A consultation is asked for: whoever ends it in the next moment is not told that there is none.
    package func awaitsConsultation(_ call: CallID) { calls.withLock { $0[call]?.awaitsConsultation = true } }

    private func change(_ leg: LegID, of call: CallID, _ change: (inout Leg) -> Void) {
        calls.withLock { calls in
            guard let index = calls[call]?.legs.firstIndex(where: { $0.leg == leg }) else { return }
            if var changed = calls[call]?.legs[index] {
                change(&changed)
                calls[call]?.legs[index] = changed
            }
        }
    }

    package var count: Int { calls.withLock { $0.count } }

    /// The oldest first.
    package var all: [Summary] {
        calls.withLock { Array($0.values) }.sorted {
            ($0.startedAt.millisecondsSince1970, $0.call.rawValue) < (
                $1.startedAt.millisecondsSince1970, $1.call.rawValue
            )
        }
    }
}

extension LegPlaced {
    /// In words, for operators.
    var place: String {
        if let whispersTo { return "heard by leg \(whispersTo.rawValue) alone" }
        return isMuted ? "\(room.rawValue), not heard" : room.rawValue
    }
}

extension LegDialled {
    /// Whom operators see called. People of the contact centre go by the names of their phones, and have to be told apart
    /// when a call is led by hand; of everybody else only the end is told.
    var maskedTarget: String {
        let text = target.redacted
        guard let at = text.lastIndex(of: "@"), let user = text[..<at].split(separator: ":").last else {
            return text.maskedNumber
        }
        let isColleague = role != .outsideNumber && role != .caller && user.contains(where: \.isLetter)
        return isColleague ? String(user) : String(user).maskedNumber
    }
}

extension String {
    /// A number of which only the end is told.
    package var maskedNumber: String { count > 4 ? "…" + suffix(2) : "…" }
}
