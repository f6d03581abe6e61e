import Telephony

/// Calls that come to people, as facts.
struct LegStory {
    let name: String
    let events: [CallEvent]

    static let all = [consultation, secondAgent, supervisor]

    /// - Parameter legs: what happens with legs, with its second.
    private init(_ name: String, _ legs: [(Double, CallEventBody)]) {
        self.name = name
        var events = SampleRecords.events(CallID(name)).filter { $0.at < .seconds(3) }
        for (at, body) in legs {
            events.append(CallEvent(at: Interval(roundedSeconds: at), call: CallID(name), body: body))
        }
        let end = CallEnded(by: .caller, cause: .normalClearing, outcome: .escalated, duration: 20)
        events.append(CallEvent(at: .seconds(20), call: CallID(name), body: .callEnded(end)))
        self.events = events
    }

    private static func dialled(_ leg: Int, _ role: LegRole) -> CallEventBody {
        .legDialled(.init(leg: LegID(leg), role: role, target: .open("sip:person-\(leg)@example.com")))
    }

    private static func answered(_ leg: Int) -> CallEventBody { .legAnswered(.init(leg: LegID(leg), codec: "PCMU")) }

    private static func placed(_ leg: Int, _ participation: Participation) -> CallEventBody {
        .legPlaced(.init(leg: LegID(leg), participation))
    }

    private static func ended(_ leg: Int, _ reason: LegEndReason) -> CallEventBody {
        .legEnded(.init(leg: LegID(leg), reason: reason, cause: 16))
    }

    /// An agent asks an expert while the caller is on hold, and leaves the caller to the expert.
    static let consultation = LegStory(
        "consultation",
        [
            (4, dialled(1, .agent)), (5, answered(1)), (5, placed(1, .speaking)), (5, placed(0, .speaking)),
            (8, placed(0, .held)), (8, placed(1, .consulting)), (8, dialled(2, .expert)), (9, answered(2)),
            (9, placed(2, .consulting)), (12, placed(0, .speaking)), (12, placed(2, .speaking)),
            (12, ended(1, .released)), (18, ended(2, .hungUp)),
        ])

    /// The first agent is busy; the second puts the caller's side of the line on hold for a while.
    static let secondAgent = LegStory(
        "second agent",
        [
            (4, dialled(1, .agent)), (5, ended(1, .busy)), (5, dialled(2, .agent)), (7, answered(2)),
            (7, placed(2, .speaking)), (9, placed(2, .held)), (11, placed(2, .speaking)), (19, ended(2, .hungUp)),
        ])

    /// A supervisor listens, and then speaks.
    static let supervisor = LegStory(
        "supervisor",
        [
            (4, dialled(1, .agent)), (5, answered(1)), (5, placed(1, .speaking)), (6, dialled(2, .supervisor)),
            (7, answered(2)), (7, placed(2, .listening)), (9, placed(2, .speaking)), (15, ended(2, .hungUp)),
            (19, ended(1, .hungUp)),
        ])
}
