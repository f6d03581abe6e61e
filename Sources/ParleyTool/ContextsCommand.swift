import ArgumentParser
import Foundation
import Records
import Telephony

/// The contexts of past calls.
struct ContextsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "contexts",
        abstract: "List, show, export, send and erase the contexts of past calls.",
        discussion: """
            EXAMPLES:
              parley contexts list --store parley.sqlite --outcome abandoned --since 2026-03-01
              parley contexts show replay-gas-leak --store parley.sqlite
              parley contexts export --store parley.sqlite --format vcon --output vcons
              parley contexts send --store parley.sqlite --connectors connectors.yaml
              parley contexts outbox --store parley.sqlite --state setAside
              parley contexts call-backs --store parley.sqlite
              parley contexts erase --store parley.sqlite --caller +15550100
              parley contexts audit --store parley.sqlite
            """,
        subcommands: [
            List.self, Show.self, Export.self, Outbox.self, Send.self, Resend.self, CallBacks.self, Erase.self,
            Expire.self, Audit.self, Check.self,
        ])

    struct StoreOptions: ParsableArguments {
        @Option(
            help: ArgumentHelp("The SQLite file with the contexts, or postgresql://USER@HOST/NAME.", valueName: "store")
        )
        var store: String

        @Flag(help: "Print JSON.")
        var json = false

        func open() throws -> any ContextStore { try StoreAddress.open(store, creates: false) }
    }

    /// Which calls are meant.
    struct FilterOptions: ParsableArguments {
        @Option(help: ArgumentHelp("Only calls from this number.", valueName: "number"))
        var caller: String?

        @Option(help: ArgumentHelp("Only calls to this number.", valueName: "number"))
        var called: String?

        @Option(help: ArgumentHelp("Only calls that this agent answered.", valueName: "name"))
        var agent: String?

        @Option(help: "Only calls with this outcome: \(CallOutcome.allCases.map(\.rawValue).joined(separator: ", ")).")
        var outcome: String?

        @Option(help: ArgumentHelp("Only calls from this time or day on, in UTC.", valueName: "time"))
        var since: String?

        @Option(help: ArgumentHelp("Only calls before this time or day, in UTC.", valueName: "time"))
        var until: String?

        func validate() throws {
            if let outcome, CallOutcome(rawValue: outcome) == nil {
                throw ValidationError("there is no outcome '\(outcome)'")
            }
            for time in [since, until] { if let time { _ = try FilterOptions.time(time) } }
        }

        func filter(limit: Int?) throws -> ContextFilter {
            var filter = ContextFilter()
            filter.caller = caller
            filter.called = called
            filter.agent = agent
            filter.outcome = outcome.flatMap(CallOutcome.init(rawValue:))
            filter.since = try since.map(FilterOptions.time)
            filter.until = try until.map(FilterOptions.time)
            filter.limit = limit
            return filter
        }

        var isEmpty: Bool {
            caller == nil && called == nil && agent == nil && outcome == nil && since == nil && until == nil
        }

        /// What is asked for, without personal data, for the audit log.
        var summary: String {
            let parts = [
                caller.map { _ in "one caller" }, called.map { "to \($0)" }, agent.map { "agent \($0)" }, outcome,
                since.map { "since \($0)" }, until.map { "until \($0)" },
            ].compactMap { $0 }
            return parts.isEmpty ? "all calls" : parts.joined(separator: ", ")
        }

        /// A time of RFC 3339, or a day.
        static func time(_ text: String) throws -> WallTime {
            guard let time = WallTime(text) ?? WallTime(text + "T00:00:00Z") else {
                throw ValidationError("'\(text)' is no time such as 2026-03-02 or 2026-03-02T09:30:00Z")
            }
            return time
        }
    }

    /// One line a call, the newest first.
    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List calls, the newest first.")
        @OptionGroup var options: StoreOptions
        @OptionGroup var filters: FilterOptions

        @Option(help: "At most so many.")
        var limit = 50

        @Flag(help: "Print CSV.")
        var csv = false

        func validate() throws {
            if csv, options.json { throw ValidationError("--csv and --json exclude each other") }
            if limit < 1 { throw ValidationError("--limit is at least 1") }
        }

        func run() throws {
            let store = try options.open()
            let contexts = try store.contexts(filters.filter(limit: limit))
            try store.note(.list, contexts.map(\.call), filters.summary)
            if csv { Terminal.print(ContextTable.header) }
            let lines = JSONLines()
            for context in contexts {
                if options.json {
                    Terminal.print(try lines.line(context))
                } else if csv {
                    Terminal.print(ContextTable.row(context))
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

        @Flag(help: "Show the facts too, one JSON object a line.")
        var facts = false

        func run() throws {
            let store = try options.open()
            let context = try store.context(named: call, in: options.store)
            try store.note(.show, [context.call], facts ? "the context and its facts" : "the context")
            if facts {
                for event in try store.events(of: context.call) { Terminal.print(try JSONLines().line(event)) }
            }
            let encoder = JSONEncoder()
            encoder.outputFormatting =
                options.json || facts
                ? [.sortedKeys, .withoutEscapingSlashes] : [.sortedKeys, .withoutEscapingSlashes, .prettyPrinted]
            Terminal.print(String(decoding: try encoder.encode(context), as: UTF8.self))
        }
    }
}

extension ContextStore {
    /// Notes in the audit log what the user of this machine does.
    func note(
        _ kind: AuditAction.Kind, _ calls: [CallID], _ detail: String, _ outcome: AuditAction.Outcome? = nil
    ) throws {
        try audit(
            AuditAction(at: .current(), who: NSUserName(), kind: kind, calls: calls, detail: detail, outcome: outcome))
    }

    /// The context of the call with an identifier, or with the only one that begins so.
    func context(named name: String, in path: String) throws -> CallContext {
        let contexts = try contexts(of: name)
        if let context = contexts.first(where: { $0.call.rawValue == name })
            ?? (contexts.count == 1 ? contexts[0] : nil)
        {
            return context
        }
        let candidates = contexts.map(\.call.rawValue).joined(separator: ", ")
        throw CommandError(
            description: contexts.isEmpty
                ? "there is no call \(name) in \(path); 'parley contexts list' shows what there is"
                : "\(name) is the beginning of several calls: \(candidates)")
    }
}

/// Contexts as rows of CSV (RFC 4180).
enum ContextTable {
    static let header =
        "call,startedAt,answeredAt,endedAt,from,to,agent,codec,duration,outcome,endedBy,cause,transfer,mos"

    static func row(_ context: CallContext) -> String {
        let media = context.media.map { String(format: "%.2f", $0.mos) }
        return [
            context.call.rawValue, context.startedAt.description, context.answeredAt?.description ?? "",
            context.endedAt?.description ?? "", context.from, context.to, context.agent, context.codec,
            context.duration.map { "\($0)" } ?? "", context.outcome?.rawValue ?? "", context.endedBy?.rawValue ?? "",
            context.cause?.rawValue ?? "", context.transfer?.outcome?.rawValue ?? "", media ?? "",
        ].map(field).joined(separator: ",")
    }

    /// A field, quoted where it must be. One that a spreadsheet would take for a formula gets an apostrophe in front.
    static func field(_ text: String) -> String {
        var text = text
        if let first = text.first, "=+-@\t\r".contains(first), Double(text) == nil, WallTime(text) == nil,
            !text.dropFirst().allSatisfy(\.isNumber)
        {
            text = "'" + text
        }
        guard text.contains(where: { $0 == "," || $0 == "\"" || $0.isNewline }) else { return text }
        return "\"" + text.replacingOccurrences(of: "\"", with: "\"\"") + "\""
    }
}
