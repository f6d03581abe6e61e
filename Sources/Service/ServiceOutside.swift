import Admin
import CallControl
import Logging
import Records
import Synchronization
import Telephony
import Transport

/// The service lane of a shard: reads what comes out of its loop, has requests answered, keeps records.
final class ServiceOutside: Sendable {
    let agents: AgentShelf
    let loop: MediaLoop
    let logger: Logger
    /// Who is told how registrations fare.
    let registrations = Mutex<TrunkRegistrations?>(nil)
    private let observer: (any CallObserver)?
    let records: ServiceRecords
    let centre: ContactCentre
    let sharing: ContextSharing
    let operations: Operations
    /// `nil` where none are kept.
    private let journals: LiveJournals?
    private let calls = Mutex<Set<CallID>>([])

    init(
        agents: AgentShelf, loop: MediaLoop, records: ServiceRecords, operations: Operations,
        observer: (any CallObserver)?, centre: ContactCentre, sharing: ContextSharing, journals: LiveJournals?,
        logger: Logger
    ) {
        self.journals = journals
        self.sharing = sharing
        self.centre = centre
        self.agents = agents
        self.loop = loop
        self.records = records
        self.operations = operations
        self.observer = observer
        self.logger = logger
    }

    /// The calls that have begun and not ended.
    var running: Set<CallID> { calls.withLock { $0 } }

    /// Reads until the loop ends.
    func run() async {
        for await output in loop.outputs {
            loop.taken()
            loop.refusesCalls = records.records?.isNearlyFull ?? false
            take(output)
        }
    }

    private func take(_ output: SwitchboardOutput) {
        switch output {
        case .fact(let event): happened(event)
        case .request(let id, let request): answer(request, id)
        case .recorded(let call, let audio):
            records.recordings?.append(audio.channels, sampleRate: audio.sampleRate, of: call, audio.track)
        case .sealed(let context): sealed(context)
        case .journal(let call, let piece): journals?.take(piece, of: call) { agents.about($0) }
        case .refused(let call): logger.warning("call \(call) was refused: its codec cannot be opened")
        case .line(let call, let sipCallID): operations.recorder.began(call, sipCallID: sipCallID)
        case .registration(let name, let state):
            guard let registrations = registrations.withLock({ $0 }) else { return }
            Task { await registrations.heard(name, state) }
        case .dialled(let call, let leg, let reference): centre.dialled(call, leg, reference: reference)
        case .phone(let address, let contacts): centre.phone(address, contacts)
        case .dialog(let call, let record): keep(record, of: call)
        case .dialogOver(let id): records.records?.endDialog(id.name)
        case .cancel, .opened, .moved, .closed, .signal, .leg: break
        }
    }

    private func sealed(_ context: CallContext) {
        records.recordings?.finish(context.call)
        observer?.sealed(context)
        records.records?.append(context)
        calls.withLock { _ = $0.remove(context.call) }
    }

    private func happened(_ event: CallEvent) {
        observer?.happened(event)
        operations.happened(event)
        centre.happened(event)
        records.records?.append(event)
        journals?.take(event)
        switch event.body {
        case .callStarted(let body):
            calls.withLock { _ = $0.insert(event.call) }
            logger.info(
                "call \(event.call) began: from \(body.from.masked) to \(body.to.masked), \(body.agent), \(body.codec)")
        case .callEnded(let body):
            logger.info(
                "call \(event.call) ended by \(body.by.rawValue) after \(body.duration) s: \(body.cause.rawValue), \(body.outcome.rawValue)"
            )
        case .failure(let body): logger.warning("call \(event.call): \(body.code) in \(body.topic)/\(body.action)")
        default: break
        }
    }
}

extension String {
    /// A number of which only the end is told.
    var masked: String { count > 4 ? "…" + suffix(2) : "…" }
}
