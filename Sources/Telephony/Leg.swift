/// A leg of a call: 0 is the caller's, those that the call grows count from 1. Never used again for another leg.
@frozen
public struct LegID: Hashable, Sendable, Comparable, Codable {
    public let rawValue: Int

    @inlinable
    public init(_ rawValue: Int) { self.rawValue = rawValue }

    public static let caller = LegID(0)
    public static func < (a: LegID, b: LegID) -> Bool { a.rawValue < b.rawValue }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(rawValue)
    }

    public init(from decoder: any Decoder) throws {
        rawValue = try decoder.singleValueContainer().decode(Int.self)
    }
}

/// Who is at the other end of a leg.
public enum LegRole: String, Sendable, Codable, CaseIterable {
    case caller
    /// A person of the contact centre who takes the call.
    case agent
    /// Somebody whom the agent or the dialog asks for advice.
    case expert
    /// Somebody who listens to an agent's call.
    case supervisor
    /// A number outside.
    case outsideNumber
}

/// Where a leg's party is within its call.
public enum LegRoom: String, Sendable, Codable, CaseIterable {
    /// With the caller, or where the caller is expected.
    case conversation
    /// Apart with others, while the caller waits: a consultation before an attended transfer.
    case consultation
    /// On hold: hears music and is heard by nobody.
    case hold
}

/// How a leg's party takes part in its call (RFC 4353 section 2: who hears whom is the focus's policy).
public struct Participation: Sendable, Equatable, Codable {
    public var room: LegRoom
    /// The party hears and is not heard.
    public var isMuted: Bool
    /// The one leg that hears the party; `nil` for all in the room.
    public var whispersTo: LegID?

    public init(_ room: LegRoom, isMuted: Bool = false, whispersTo: LegID? = nil) {
        self.room = room
        self.isMuted = isMuted
        self.whispersTo = whispersTo
    }

    /// Speaks with all who are with the caller.
    public static let speaking = Participation(.conversation)
    /// Hears all who are with the caller and is not heard.
    public static let listening = Participation(.conversation, isMuted: true)
    public static let held = Participation(.hold)
    public static let consulting = Participation(.consultation)
    /// Hears all who are with the caller and is heard by one of them alone.
    public static func whispering(to leg: LegID) -> Participation { Participation(.conversation, whispersTo: leg) }

    /// Whether what a party of this standing says reaches another leg's party.
    public func isHeard(by other: LegID, who its: Participation) -> Bool {
        guard !isMuted, room == its.room, room != .hold else { return false }
        return whispersTo == nil || whispersTo == other
    }
}

// MARK: - Events of legs

/// Somebody is called.
public struct LegDialled: Sendable, Equatable, Codable {
    public var leg: LegID
    public var role: LegRole
    /// A number or address.
    public var target: DisclosableText

    public init(leg: LegID, role: LegRole, target: DisclosableText) {
        self.leg = leg
        self.role = role
        self.target = target
    }
}

/// The one who is called is told of it.
public struct LegRinging: Sendable, Equatable, Codable {
    public var leg: LegID

    public init(leg: LegID) { self.leg = leg }
}

/// The one who was called has answered.
public struct LegAnswered: Sendable, Equatable, Codable {
    public var leg: LegID
    /// The name in SDP of the codec of the leg's media.
    public var codec: String

    public init(leg: LegID, codec: String) {
        self.leg = leg
        self.codec = codec
    }
}

/// Another party took a leg's place of its own accord (RFC 3891).
public struct LegReplaced: Sendable, Equatable, Codable {
    public var leg: LegID
    /// The leg from now on; the caller's stays the caller's.
    public var by: LegID
    /// The address of who is there now.
    public var party: DisclosableText

    public init(leg: LegID, by: LegID, party: DisclosableText) {
        self.leg = leg
        self.by = by
        self.party = party
    }
}

/// A leg takes part in another way than before.
public struct LegPlaced: Sendable, Equatable, Codable {
    public var leg: LegID
    public var room: LegRoom
    public var isMuted: Bool
    /// The one leg that hears it; absent when all in the room do.
    public var whispersTo: LegID?

    public init(leg: LegID, _ participation: Participation) {
        self.leg = leg
        room = participation.room
        isMuted = participation.isMuted
        whispersTo = participation.whispersTo
    }
}

/// A leg's party spoke: who said something when.
public struct LegSpoke: Sendable, Equatable, Codable {
    public var leg: LegID
    /// Media time of the call in seconds.
    public var start: Double
    public var end: Double

    public init(leg: LegID, start: Double, end: Double) {
        self.leg = leg
        self.start = start
        self.end = end
    }
}

/// A leg is gone, or never came.
public struct LegEnded: Sendable, Equatable, Codable {
    public var leg: LegID
    public var reason: LegEndReason
    /// ITU-T Q.850.
    public var cause: Int
    /// Which rule says that nobody may be called there; absent where the reason is another.
    public var rule: OutboundRefusal?

    public init(leg: LegID, reason: LegEndReason, cause: Int, rule: OutboundRefusal? = nil) {
        self.leg = leg
        self.reason = reason
        self.cause = cause
        self.rule = rule
    }
}

/// Why a leg ended.
public enum LegEndReason: String, Sendable, Codable, CaseIterable {
    /// Its party hung up.
    case hungUp
    /// The call let it go.
    case released
    case busy
    case noAnswer
    case refused
    /// The network failed, or media did not come together.
    case failed
    /// Nobody may be called there, or not so often, or not now: the rule says which.
    case notAllowed

    /// What it means for a hand-over to this leg.
    public var outcome: TransferOutcome {
        switch self {
        case .hungUp, .released: .completed
        case .busy: .busy
        case .noAnswer: .noAnswer
        case .refused, .notAllowed: .refused
        case .failed: .failed
        }
    }
}

/// The caller has left a message: it lies in the recording of the call.
public struct VoicemailLeft: Sendable, Equatable, Codable {
    /// For whom; empty where the dialog names no queue.
    public var queue: String
    /// From the beginning of the recording to the end of the tone, in seconds.
    public var start: Double
    public var end: Double
    public var reason: VoicemailEnd

    public init(queue: String, start: Double, end: Double, reason: VoicemailEnd) {
        self.queue = queue
        self.start = start
        self.end = end
        self.reason = reason
    }
}

/// What ended a message.
public enum VoicemailEnd: String, Sendable, Codable, CaseIterable {
    /// The caller said nothing more.
    case silence
    /// The caller pressed the number sign.
    case key
    /// It was as long as it may be.
    case limit
    case hungUp
}

/// The caller waits for somebody to be free.
public struct QueueEntered: Sendable, Equatable, Codable {
    public var queue: String
    /// From 1.
    public var position: Int
    /// The estimated wait in seconds; absent when it cannot be told.
    public var wait: Double?

    public init(queue: String, position: Int, wait: Double?) {
        self.queue = queue
        self.position = position
        self.wait = wait
    }
}
