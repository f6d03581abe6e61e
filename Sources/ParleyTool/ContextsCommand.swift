import ArgumentParser
import Foundation
import Records
import Telephony

/// The contexts of past calls.
struct ContextsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "contexts",
        abstract: "List and show the contexts of past calls.",
        discussion: """
            EXAMPLES:
              parley contexts list --store parley.sqlite --outcome abandoned
              parley contexts show replay-gas-leak --store parley.sqlite
            """,
        subcommands: [List.self, Show.self])

    struct StoreOptions: ParsableArguments {
        @Option(help: ArgumentHelp("The SQLite file with the contexts.", valueName: "file"))
        var store: String

        @Flag(help: "Print JSON.")
        var json = false
    }

    /// One line a call, the newest first.
    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List calls, the newest first.")
        @OptionGroup var options: StoreOptions

        @Option(help: ArgumentHelp("Only calls from this number.", valueName: "number"))
        var caller: String?

        @Option(help: "Only calls with this outcome: \(CallOutcome.allCases.map(\.rawValue).joined(separator: ", ")).")
        var outcome: String?

        @Option(help: "At most so many.")
        var limit = 50

        func validate() throws {
            guard let outcome, CallOutcome(rawValue: outcome) == nil else { return }
            throw ValidationError("there is no outcome '\(outcome)'")
        }

        func run() throws {
            var filter = ContextStore.Filter()
            filter.caller = caller
            filter.outcome = outcome.flatMap(CallOutcome.init(rawValue:))
            filter.limit = limit
            let contexts = try ContextStore(path: options.store, creates: false).list(filter)
            let lines = JSONLines()
            for context in contexts {
                if options.json {
                    Terminal.print(try lines.line(context))
                } else {
                    let duration = context.duration.map { String(format: "%7.1f s", $0) } ?? "        -"
                    Terminal.print(
                        "\(context.startedAt)  \(context.call)  \(context.from) → \(context.to)  \(duration)  \(context.outcome?.rawValue ?? "-")"
                    )
                }
            }
            if contexts.isEmpty, !options.json { Terminal.explain("no call fits") }
        }
    }

    /// All that is known of a call.
    struct Show: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Show all that is known of a call.")
        @OptionGroup var options: StoreOptions

        @Argument(help: "The call's identifier, or its beginning.")
        var call: String

        func run() throws {
            let contexts = try ContextStore(path: options.store, creates: false).contexts(of: call)
            guard
                let context = contexts.first(where: { $0.call.rawValue == call })
                    ?? (contexts.count == 1 ? contexts[0] : nil)
            else {
                let candidates = contexts.map(\.call.rawValue).joined(separator: ", ")
                throw CommandError(
                    description: contexts.isEmpty
                        ? "there is no call \(call) in \(options.store); 'parley contexts list' shows what there is"
                        : "\(call) is the beginning of several calls: \(candidates)")
            }
            let encoder = JSONEncoder()
            encoder.outputFormatting =
                options.json
                ? [.sortedKeys, .withoutEscapingSlashes] : [.sortedKeys, .withoutEscapingSlashes, .prettyPrinted]
            Terminal.print(String(decoding: try encoder.encode(context), as: UTF8.self))
        }
    }
}
