package import Telephony

/// What an operator wants of a running call.
package enum OperatorWish: Sendable, Equatable {
    /// Who is put on hold, brought back, muted, heard again or let go; the caller's leg is 0.
    case hold(LegID), resume(LegID), mute(LegID), unmute(LegID), release(LegID)
    case hangUp
    /// Whom the call goes to, who is asked for advice, who is called in: a name, a skill, a number or a SIP URI.
    case transfer(String), consult(String), pullIn(String)
    /// Who listens without being heard.
    case listen(String)
    /// A leg is heard by one other alone, by all, or takes the agent's place.
    case whisper(LegID, to: LegID), bargeIn(LegID), takeOver(LegID)
    case complete, swap, conference, back

    /// Every wish by its name, as the interface and the command line have it.
    package static let names = [
        "hold", "resume", "mute", "unmute", "release", "hang-up", "transfer", "consult", "pull-in", "listen", "whisper",
        "barge-in", "take-over", "complete", "swap", "conference", "back",
    ]

    /// Reads a wish.
    ///
    /// - Parameter value: the parameters of a request.
    /// - Throws: a sentence about the parameter that is missing; ``UnknownWish`` for a name that is none.
    package init(_ name: String, _ value: (String) -> String?) throws {
        func leg(_ parameter: String = "leg", otherwise: LegID? = nil) throws -> LegID {
            guard let text = value(parameter) else {
                if let otherwise { return otherwise }
                throw MissingParameter(description: "'\(name)' needs '\(parameter)', the number of a leg")
            }
            guard let number = Int(text), number >= 0 else {
                throw MissingParameter(description: "'\(parameter)' is the number of a leg, not '\(text)'")
            }
            return LegID(number)
        }
        func who() throws -> String {
            guard let text = value("to"), !text.isEmpty else {
                throw MissingParameter(description: "'\(name)' needs 'to': a name, skill:NAME, a number or a SIP URI")
            }
            return text
        }
        self =
            switch name {
            case "hold": .hold(try leg(otherwise: .caller))
            case "resume": .resume(try leg(otherwise: .caller))
            case "mute": .mute(try leg())
            case "unmute": .unmute(try leg())
            case "release": .release(try leg())
            case "hang-up": .hangUp
            case "transfer": .transfer(try who())
            case "consult": .consult(try who())
            case "pull-in": .pullIn(try who())
            case "listen": .listen(try who())
            case "whisper": .whisper(try leg(), to: try leg("to"))
            case "barge-in": .bargeIn(try leg())
            case "take-over": .takeOver(try leg())
            case "complete": .complete
            case "swap": .swap
            case "conference": .conference
            case "back": .back
            default: throw UnknownWish()
            }
    }

    package struct UnknownWish: Error {}

    package struct MissingParameter: Error, CustomStringConvertible {
        package let description: String
    }
}

/// What can be done with running calls and with agents.
package struct CallControls: Sendable {
    /// An agent as operators see one.
    package struct Agent: Sendable, Equatable, Codable {
        package var agent: String
        package var name: String
        package var state: String
        package var queues: [String]

        package init(agent: String, name: String, state: String, queues: [String]) {
            self.agent = agent
            self.name = name
            self.state = state
            self.queues = queues
        }
    }

    package struct Queue: Sendable, Equatable, Codable {
        package var queue: String
        package var name: String
        /// Calls that wait or ring, those to be called back included.
        package var length: Int
        /// Callers among them who hung up and are to be called back.
        package var callBacks: Int

        package init(queue: String, name: String, length: Int, callBacks: Int = 0) {
            self.callBacks = callBacks
            self.queue = queue
            self.name = name
            self.length = length
        }
    }

    /// What is said to a wish.
    package enum Verdict: Sendable {
        /// Why not, a sentence.
        case refused(String)
        /// It is done by the first, and not without: the second gives back what was kept for it, so that one of the two is
        /// to be called.
        case granted(perform: @Sendable () -> Void, abandon: @Sendable () -> Void)
    }

    /// Judges what is wanted of a call; nothing is done yet.
    package var judge: @Sendable (CallID, OperatorWish) -> Verdict
    package var agents: @Sendable () -> [Agent]
    package var queues: @Sendable () -> [Queue]
    /// Makes an agent ready, or away for a reason; the answer is whether there is such an agent.
    package var setAway: @Sendable (_ reason: String?, _ agent: String) -> Bool

    package init(
        judge: @escaping @Sendable (CallID, OperatorWish) -> Verdict, agents: @escaping @Sendable () -> [Agent],
        queues: @escaping @Sendable () -> [Queue], setAway: @escaping @Sendable (String?, String) -> Bool
    ) {
        self.judge = judge
        self.agents = agents
        self.queues = queues
        self.setAway = setAway
    }
}
