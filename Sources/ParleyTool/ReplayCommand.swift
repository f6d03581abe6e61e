import ArgumentParser
import CallControl
import Foundation
import Replay
import Telephony

/// Replays calls and tells what happened.
struct ReplayCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "replay",
        abstract: "Run recorded or scripted calls through the whole pipeline, faster than real time.",
        discussion: """
            CALL is an audio file of a caller (8, 16 or 48 kHz; stereo with the caller left), a vCon with a recording, a test \
            call's folder, or a folder of them. The audio becomes real RTP and takes every line of code that a live call \
            takes. Exit status 1 when the dialog failed in a call.

            With --journal FILE it runs a live call again, from the journal that 'parley serve --journal' kept of it, and \
            compares every octet that was sent and every fact: exit status 1 where they are not the same.

            EXAMPLES:
              parley replay Audio/Calls/gas-leak
              parley replay caller.wav --agent Audio/Agents/riverbend
              parley replay caller.wav --agent Audio/Agents/riverbend --codec opus \\
                  --network loss=2%,burst=3,jitter=30ms --seed 7 --record recordings
              parley replay call.vcon --agent Audio/Agents/riverbend
              parley replay Audio/Calls --store parley.sqlite --connectors connectors.yaml \\
                  --record recordings --record-key env:RECORDING_KEY
              parley replay --journal journals/CALL.journal --journal-key file:journal.key
              parley replay Audio/Calls/gas-leak --json | jq 'select(.event == "digit")'
            """)

    @Argument(help: "Audio files, test calls or folders of them.")
    var calls: [String] = []

    @OptionGroup var journal: JournalFileOptions

    @OptionGroup var agentOptions: AgentOptions
    @OptionGroup var lineOptions: LineOptions
    @OptionGroup var profileOption: ProfileOption

    @Flag(help: "Print one JSON event a line and, last, the call context.")
    var json = false

    @Flag(name: .shortAndLong, help: "Also tell the steps through actions that neither say nor ask anything.")
    var verbose = false

    @OptionGroup(title: "Records") var records: RecordOptions

    func validate() throws {
        guard journal.journal != nil else {
            if calls.isEmpty {
                throw ValidationError("name audio files, test calls or folders of them, or --journal FILE")
            }
            return
        }
        if !calls.isEmpty { throw ValidationError("--journal FILE is a call by itself; name no other beside it") }
        if records.store != nil { throw ValidationError("--store has the record of a journal's call already") }
        if lineOptions.codec != nil || lineOptions.network != nil || lineOptions.seed != nil {
            throw ValidationError("--codec, --network and --seed are for test calls; a journal has all that came")
        }
    }

    func run() async throws {
        if journal.journal != nil { return try await replayJournal() }
        let paths = try calls.flatMap { try TestCallFolder.find(at: $0) }
        var runner = try CallRunner(agentOptions, keeping: records, profile: try profileOption.read())
        var bar = ProgressBar(
            total: paths.count,
            isShown: paths.count > 1 && (json || paths.count > 3) && Terminal.standardErrorIsTerminal)
        let output = JSONLines()
        var isFailed = false
        for path in paths {
            var call = try VConCall.isVCon(path) ? VConCall.read(path) : TestCallFolder.read(path)
            try lineOptions.apply(to: &call)
            var narrator = Narrator(json: json ? output : nil, style: .of(STDOUT_FILENO), showsEveryAction: verbose)
            let result = try await runner.run(call, &narrator)
            if json { Terminal.print(try output.line(ContextLine(context: result.context))) }
            for failure in result.context.failures {
                Terminal.explain("\(path): the dialog failed in topic \(failure.topic): \(failure.message)")
                isFailed = true
            }
            if let step = result.unreachedStep, step.line > 0, !json {
                Terminal.explain("\(path)/call.yaml:\(step.line): the call ended before this step of the caller")
            }
            if !json, paths.count > 1 { Terminal.print("") }
            bar.advance(call.name)
        }
        bar.finish()
        if isFailed { throw ExitCode.failure }
    }
}

/// The last line of a call in JSON.
struct ContextLine: Encodable {
    var context: CallContext
}

/// Prints a call while it runs.
struct Narrator: CallNarrator {
    private var story: Story
    private let json: JSONLines?

    init(json: JSONLines?, style: Style, showsEveryAction: Bool) {
        self.json = json
        story = Story(style: style, showsEveryAction: showsEveryAction)
    }

    mutating func happened(_ event: CallEvent) throws {
        if let json {
            Terminal.print(try json.line(event))
        } else {
            for line in story.lines(for: event) { Terminal.print(line) }
        }
    }
}
