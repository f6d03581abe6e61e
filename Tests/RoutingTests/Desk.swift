import Routing
import Telephony

/// A directory with its outputs kept, for tests; times in seconds.
struct Desk {
    var directory: Directory
    private(set) var outputs: [DirectoryOutput] = []
    private var offers: [CallID: Offer] = [:]
    private var lastOffers: [CallID: OfferID] = [:]

    init(_ directory: Directory) { self.directory = directory }

    func time(_ seconds: Double) -> Instant { .zero + .milliseconds(Int64(seconds * 1_000)) }

    mutating func drain() {
        while let output = directory.poll() {
            outputs.append(output)
            switch output {
            case .offer(let offer):
                offers[offer.call] = offer
                lastOffers[offer.call] = offer.id
            case .withdraw(_, _, let call, _), .connected(_, _, let call, _): offers[call] = nil
            default: break
            }
        }
    }

    @discardableResult
    mutating func join(
        _ call: CallID, _ queue: QueueID = "sales", priority: Int? = nil, skills: [SkillRequirement] = [],
        at seconds: Double
    ) -> QueueAdmission {
        let admission = directory.enqueue(
            QueueRequest(call: call, queue: queue, priority: priority, skills: skills), at: time(seconds))
        drain()
        return admission
    }

    @discardableResult
    mutating func finish(_ call: CallID, as outcome: OfferOutcome, at seconds: Double) -> Bool {
        guard let offer = lastOffers[call] else { return false }
        offers[call] = nil
        let stood = directory.offerEnded(offer, as: outcome, at: time(seconds))
        drain()
        return stood
    }

    @discardableResult
    mutating func answer(_ call: CallID, at seconds: Double) -> Bool { finish(call, as: .answered, at: seconds) }

    mutating func end(_ call: CallID, at seconds: Double) {
        directory.callEnded(call, at: time(seconds))
        drain()
    }

    /// Turns the crank at every deadline until then.
    mutating func crank(to seconds: Double) {
        while let deadline = directory.deadline, deadline <= time(seconds) {
            directory.advance(to: deadline)
            drain()
        }
        directory.advance(to: time(seconds))
        drain()
    }

    /// Where a call rings.
    func offered(_ call: CallID) -> AgentID? { offers[call]?.agent }

    func ringing(_ agent: AgentID) -> CallID? {
        if case .ringing(let call)? = directory.state(of: agent) { call } else { nil }
    }

    func talking(_ agent: AgentID) -> CallID? {
        if case .talking(let call)? = directory.state(of: agent) { call } else { nil }
    }
}
