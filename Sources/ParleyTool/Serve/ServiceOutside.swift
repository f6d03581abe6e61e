import AudioFiles
import CallControl
import CallFlow
import Connectors
import Foundation
import Logging
import Records
import Speech
import Synchronization
import Telephony
import Transport

/// The service lane of a shard: reads what comes out of its loop, answers requests, keeps records.
final class ServiceOutside: Sendable {
    private let prompts: PromptLibrary
    private let loop: MediaLoop
    private let logger: Logger
    private let teller: Mutex<CallTeller>
    private let recordings: String?
    private let writers = Mutex<[CallID: AudioFileWriter]>([:])
    private let records: RecordWriter?
    private let calls = Mutex<Set<CallID>>([])

    init(prompts: PromptLibrary, loop: MediaLoop, logger: Logger, _ options: ServeCommand) throws {
        self.prompts = prompts
        self.loop = loop
        self.logger = logger
        teller = Mutex(CallTeller(tellsStory: options.story, writesJSON: options.json))
        recordings = options.record
        records = try options.store.map { RecordWriter(try StoreAddress.open($0, creates: true)) }
        if let folder = options.record {
            do {
                try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            } catch {
                throw CommandError(
                    description: "\(folder): the folder for recordings cannot be made: \(error.localizedDescription)")
            }
        }
    }

    /// The calls that have begun and not ended.
    var running: Set<CallID> { calls.withLock { $0 } }

    /// Reads until the loop ends.
    func run() async {
        for await output in loop.outputs {
            loop.taken()
            take(output)
        }
        if let problem = records?.finish() { logger.error("not all records were kept: \(problem)") }
    }

    private func take(_ output: SwitchboardOutput) {
        switch output {
        case .fact(let event): happened(event)
        case .request(let id, let request): answer(request, id)
        case .recorded(let call, let audio): record(audio, of: call)
        case .sealed(let context):
            writers.withLock { writers in
                guard let writer = writers.removeValue(forKey: context.call) else { return }
                try? writer.finish()
            }
            teller.withLock { $0.sealed(context) }
            records?.append(context)
            calls.withLock { _ = $0.remove(context.call) }
        case .refused(let call): logger.warning("call \(call) was refused: its codec cannot be opened")
        case .cancel, .opened, .closed, .signal: break
        }
    }

    private func happened(_ event: CallEvent) {
        teller.withLock { $0.happened(event) }
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

    private func answer(_ request: SwitchboardRequest, _ id: RequestID) {
        switch request {
        case .prompt(let source, let sampleRate):
            Task { [prompts, loop] in
                do {
                    let audio = try await prompts.audio(for: source, sampleRate: sampleRate)
                    loop.post(.reply(id, .prompt(audio)))
                } catch {
                    loop.post(.reply(id, .promptFailed(reason: "\(error)")))
                }
            }
        case .http(_, let http):
            Task { [loop] in loop.post(.reply(id, .http(await HTTPConnector.answer(to: http)))) }
        case .ask: loop.post(.reply(id, .questionAnswered(.unavailable)))
        case .transfer(let call, _):
            logger.warning("call \(call) was to be handed over, and there is nowhere to hand it to")
            loop.post(.reply(id, .transferEnded(.failed)))
        case .finishRecognition: loop.post(.reply(id, .recognitionFailed(reason: "there is no recogniser")))
        case .openRecognition, .recognitionAudio: break
        }
    }

    private func record(_ audio: RecordedAudio, of call: CallID) {
        guard let recordings else { return }
        let failure: (any Error)? = writers.withLock { writers in
            do {
                let writer =
                    try writers[call]
                    ?? AudioFileWriter(
                        path: "\(recordings)/\(call).wav", sampleRate: audio.sampleRate, channelCount: 2)
                writers[call] = writer
                try writer.write([audio.caller, audio.parley])
                return nil
            } catch { return error }
        }
        if let failure { logger.error("call \(call) is not recorded: \(failure)") }
    }
}

/// Tells calls on standard output when somebody asked for it.
private struct CallTeller {
    private let json: JSONLines?
    private let tellsStory: Bool
    private var stories: [CallID: Story] = [:]

    init(tellsStory: Bool, writesJSON: Bool) {
        self.tellsStory = tellsStory
        json = writesJSON ? JSONLines() : nil
    }

    mutating func happened(_ event: CallEvent) {
        if let json, let line = try? json.line(event) { Terminal.print(line) }
        guard tellsStory else { return }
        var story = stories[event.call] ?? Story(style: .of(STDOUT_FILENO), showsEveryAction: false)
        for line in story.lines(for: event) { Terminal.print(line) }
        stories[event.call] = story
    }

    mutating func sealed(_ context: CallContext) {
        stories[context.call] = nil
        if let json, let line = try? json.line(["context": context]) { Terminal.print(line) }
    }
}

extension String {
    /// A number of which only the end is told.
    fileprivate var masked: String { count > 4 ? "…" + suffix(2) : "…" }
}
