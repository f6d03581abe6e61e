import AudioFiles
import CallControl
import Distribution
import Synchronization
import Telephony
import Transport

/// Places the calls of a service that nobody made: callers are called back, in turn on one shard after the other.
final class CallPlacer: Sendable {
    private let loops: [MediaLoop]
    private let shelf: AgentShelf
    private let records: RecordsConfiguration
    private let next = Mutex(0)

    init(_ loops: [MediaLoop], _ shelf: AgentShelf, _ records: RecordsConfiguration) {
        self.loops = loops
        self.shelf = shelf
        self.records = records
    }

    /// Tells every shard something.
    func tell(_ input: SwitchboardInput) { for loop in loops { loop.post(input) } }

    /// Places a call.
    ///
    /// - Returns: the shard on which it is; `nil` where no agent is left to speak in it.
    func place(_ placement: CallBackPlacement) -> MediaLoop? {
        guard let agent = shelf.agent(named: placement.agent) else { return nil }
        var generator = SystemRandomNumberGenerator()
        var origination = Origination(
            call: placement.call, from: placement.from, to: placement.to, startedAt: MonotonicClock.wallTime,
            agent: agent, plan: placement.plan, entropy: CallEntropy(from: &generator), callBack: placement.callBack)
        origination.recordsAudio = records.recordings != nil
        origination.recordsLegs = records.recordings != nil && records.channels == .legs
        let index = next.withLock { next in
            next = (next + 1) % loops.count
            return next
        }
        loops[index].post(.originate(origination))
        return loops[index]
    }
}
