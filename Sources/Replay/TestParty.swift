package import Telephony

/// Somebody besides the caller in a test call: an agent, an expert, a supervisor, an outside number.
package struct TestParty: Sendable {
    /// What becomes of a call to the party.
    package enum Answer: Sendable {
        case answers
        /// With the rule where nobody may be called there.
        case declines(LegEndReason, OutboundRefusal? = nil)
        /// It rings until somebody gives up.
        case ignores
    }

    /// By which steps of others call it, and the address that it is dialled at.
    package var name: String
    package var role: LegRole
    package var answer: Answer
    /// From the ringing to what becomes of it.
    package var after: Interval
    /// So long it may ring.
    package var ringTimeout: Interval?
    package var codec: CodecChoice
    /// What it is told before the caller is there.
    package var whisper: String?
    /// What the party knows, by which a dialog may want it.
    package var skills: [String] = []
    /// The queues whose calls an agent takes.
    package var queues: [String] = []
    /// Answers in the moment in which the call takes its wish back: both are on their way at once.
    package var crosses = false
    /// When an agent goes away from the desk, and comes back, from the beginning of the test call.
    package var leaves: Interval?
    package var returns: Interval?
    /// What the party does once it has answered.
    package var script: [CallerStep]

    package init(
        name: String, role: LegRole = .agent, answer: Answer = .answers, after: Interval = .seconds(2),
        ringTimeout: Interval? = nil, codec: CodecChoice = .pcmu, whisper: String? = nil,
        script: [CallerStep] = []
    ) {
        self.name = name
        self.role = role
        self.answer = answer
        self.after = after
        self.ringTimeout = ringTimeout
        self.codec = codec
        self.whisper = whisper
        self.script = script
    }
}

/// What an agent or a supervisor does with the call, by hand.
package enum PartyCommand: Sendable, Equatable {
    /// Speaks with a party while the caller waits.
    case consult(String)
    case complete
    case swap
    case conference
    case back
    /// Hands the caller to a party and leaves.
    case transfer(String)
    /// Asks by REFER that the caller go to a party.
    case refer(String)
    /// Calls a party into the conversation.
    case pullIn(String)
    /// Puts the caller on hold, or back.
    case holdCaller
    case resumeCaller
    case mute
    case unmute
    /// A party listens, is heard by the agent alone, or by all.
    case monitor(String)
    case whisper(String)
    case bargeIn(String)
    case takeOver(String)

    /// The one whom it is about.
    var name: String? {
        switch self {
        case .consult(let name), .transfer(let name), .refer(let name), .pullIn(let name), .monitor(let name),
            .whisper(let name), .bargeIn(let name), .takeOver(let name):
            name
        case .complete, .swap, .conference, .back, .holdCaller, .resumeCaller, .mute, .unmute: nil
        }
    }
}
