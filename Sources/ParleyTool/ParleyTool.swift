import ArgumentParser
import Telephony
import CLinux

/// The command line: its verbs, grouped by who uses them.
@main
struct ParleyTool: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "parley",
        abstract: "Answers phone calls, and replays them without a phone.",
        discussion: """
            A call is replayed through the very lines that a live call takes: RTP, jitter buffer, decoder, detectors, \
            dialog, prompts, encoder. The same call, agent and seed give the same output, byte for byte.

            EXAMPLES:
              parley replay Audio/Calls/gas-leak
              parley replay caller.wav --agent Audio/Agents/riverbend --record recordings
              parley test Audio/Calls --junit results.xml
              parley detect caller.wav
              parley score dtmf
              parley serve
              parley call sip:100@127.0.0.1 --press 2
              parley contexts list --store parley.sqlite
            """,
        version: Program.version,
        groupedSubcommands: [
            CommandGroup(
                name: "For dialog authors",
                subcommands: [
                    ReplayCommand.self, TestCommand.self, CheckCommand.self, GraphCommand.self, FormulaCommand.self,
                    SpeakCommand.self,
                ]),
            CommandGroup(name: "For tuners", subcommands: [DetectCommand.self, ScoreCommand.self]),
            CommandGroup(
                name: "For voice engineers",
                subcommands: [ServeCommand.self, CallCommand.self, CallsCommand.self, AgentsCommand.self]),
            CommandGroup(
                name: "For whoever owns the records", subcommands: [ContextsCommand.self, ReportCommand.self]),
            CommandGroup(name: "For programs", subcommands: [SchemaCommand.self]),
        ])

    static func main() async {
        #if WANTS_AVX2
            guard parley_has_avx2() != 0 else {
                exit(
                    withError: CommandError(
                        description: "this parley was built for processors with AVX2, which this one has not; "
                            + "'PARLEY_CPU=x86-64 swift build -c release' builds one for it"))
            }
        #endif
        await main(nil)
    }
}
