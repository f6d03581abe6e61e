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
            CALL is an audio file of a caller (8, 16 or 48 kHz; stereo with the caller left), a test call's folder, or a \
            folder of them. The audio becomes real RTP and takes every line of code that a live call takes.

            EXAMPLES:
              parley replay Audio/Calls/gas-leak
              parley replay caller.wav --agent Audio/Agents/riverbend
              parley replay caller.wav --agent Audio/Agents/riverbend --codec opus \\
                  --network loss=2%,burst=3,jitter=30ms --seed 7 --record recordings
              parley replay Audio/Calls/gas-leak --json | jq 'select(.event == "digit")'
            """)

    @Argument(help: "Audio files, test calls or folders of them.")
    var calls: [String]

    @OptionGroup var agentOptions: AgentOptions
    @OptionGroup var lineOptions: LineOptions
    @OptionGroup var profileOption: ProfileOption

    @Flag(help: "Print one JSON event a line and, last, the call context.")
    var json = false

    @Flag(name: .shortAndLong, help: "Also tell the steps through actions that neither say nor ask anything.")
    var verbose = false

    @Option(help: ArgumentHelp("Write a stereo WAV of each call: caller left, Parley right.", valueName: "folder"))
    var record: String?

    @Option(help: ArgumentHelp("Keep the call contexts in this SQLite file.", valueName: "file"))
    var store: String?

    func run() async throws {
        let paths = try calls.flatMap { try TestCallFolder.find(at: $0) }
        var runner = try CallRunner(
            agentOptions, recordings: record, store: store, profile: try profileOption.read())
        var bar = ProgressBar(
            total: paths.count,
            isShown: paths.count > 1 && (json || paths.count > 3) && Terminal.standardErrorIsTerminal)
        let output = JSONLines()
        for path in paths {
            var call = try TestCallFolder.read(path)
            try lineOptions.apply(to: &call)
            var narrator = Narrator(json: json ? output : nil, style: .of(STDOUT_FILENO), showsEveryAction: verbose)
            let result = try await runner.run(call, &narrator)
            if json { Terminal.print(try output.line(ContextLine(context: result.context))) }
            if let step = result.unreachedStep, step.line > 0, !json {
                Terminal.explain("\(path)/call.yaml:\(step.line): the call ended before this step of the caller")
            }
            if !json, paths.count > 1 { Terminal.print("") }
            bar.advance(call.name)
        }
        bar.finish()
    }
}

/// The last line of a call in JSON.
private struct ContextLine: Encodable {
    var context: CallContext
}

/// Prints a call while it runs.
private struct Narrator: CallNarrator {
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
