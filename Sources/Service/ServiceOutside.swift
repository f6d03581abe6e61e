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
    private let observer: (any CallObserver)?
    private let recordings: RecordingFolder?
    private let records: RecordWriter?
    private let calls = Mutex<Set<CallID>>([])

    init(
        agents: AgentShelf, loop: MediaLoop, records: RecordWriter?, recordings: RecordingFolder?,
        observer: (any CallObserver)?, logger: Logger
    ) {
        self.agents = agents
        self.loop = loop
        self.records = records
        self.recordings = recordings
        self.observer = observer
        self.logger = logger
    }

    /// The calls that have begun and not ended.
    var running: Set<CallID> { calls.withLock { $0 } }

    /// Reads until the loop ends.
    func run() async {
        for await output in loop.outputs {
            loop.taken()
            take(output)
        }
    }

    private func take(_ output: SwitchboardOutput) {
        switch output {
        case .fact(let event): happened(event)
        case .request(let id, let request): answer(request, id)
        case .recorded(let call, let audio):
            if let problem = recordings?.write(audio, of: call) {
                logger.error("call \(call) is not recorded: \(problem)")
            }
        case .sealed(let context): sealed(context)
        case .refused(let call): logger.warning("call \(call) was refused: its codec cannot be opened")
        case .cancel, .opened, .closed, .signal, .registration: break
        }
    }

    private func sealed(_ context: CallContext) {
        recordings?.finish(context.call)
        observer?.sealed(context)
        records?.append(context)
        calls.withLock { _ = $0.remove(context.call) }
    }

    private func happened(_ event: CallEvent) {
        observer?.happened(event)
        records?.append(event)
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
