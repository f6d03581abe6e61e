import ArgumentParser
import Connectors
import Foundation
import Records
import Telephony

extension ContextsCommand {
    /// Contexts in the forms that others read.
    struct Export: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Export calls as vCon, JSON or CSV.",
            discussion: """
                vCons go to a folder, a file a call; JSON and CSV to standard output, or to a file.

                EXAMPLES:
                  parley contexts export --store parley.sqlite --format vcon --output vcons
                  parley contexts export replay-gas-leak --store parley.sqlite --format vcon --output vcons \\
                      --record-key env:RECORDING_KEY
                  parley contexts export --store parley.sqlite --format csv --since 2026-03-01 > march.csv
                """)

        enum Format: String, ExpressibleByArgument, CaseIterable { case vcon, json, csv }

        @OptionGroup var options: StoreOptions
        @OptionGroup var filters: FilterOptions

        @Argument(help: "Calls' identifiers; all that the filters let through when there are none.")
        var calls: [String] = []

        @Option(help: "The form: vcon, json or csv.")
        var format = Format.vcon

        @Option(name: .shortAndLong, help: ArgumentHelp("The folder or file to write.", valueName: "path"))
        var output: String?

        @Option(help: ArgumentHelp("The key of encrypted recordings, at env:NAME or file:PATH.", valueName: "place"))
        var recordKey: String?

        @Flag(help: "Leave recordings out of vCons.")
        var withoutRecordings = false

        func validate() throws {
            if format == .vcon, output == nil, calls.count != 1 {
                throw ValidationError("several vCons need a folder: give --output")
            }
        }

        func run() throws {
            let store = try options.open()
            let contexts =
                try calls.isEmpty
                ? store.contexts(filters.filter(limit: nil))
                : calls.map { try store.context(named: $0, in: options.store) }
            let detail = calls.isEmpty ? filters.summary : "\(calls.count) calls by name"
            try store.note(.export, contexts.map(\.call), "as \(format.rawValue): \(detail)")
            switch format {
            case .vcon: try exportVCons(contexts, store)
            case .json: try write(contexts.map { try JSONLines().line($0) })
            case .csv: try write([ContextTable.header] + contexts.map(ContextTable.row))
            }
        }

        private func write(_ lines: [String]) throws {
            guard let output else {
                for line in lines { Terminal.print(line) }
                return
            }
            try save(Data(lines.map { $0 + "\n" }.joined().utf8), output)
        }

        private func save(_ data: Data, _ path: String) throws {
            do {
                try data.write(to: URL(filePath: path), options: .atomic)
            } catch {
                throw CommandError(description: "\(path): cannot be written: \(error.localizedDescription)")
            }
        }

        private func exportVCons(_ contexts: [CallContext], _ store: any ContextStore) throws {
            var policy = RecordingArchive.Policy()
            policy.key = try recordKey.map { try RecordingKey(from: $0) }
            let archive = RecordingArchive(folder: "", policy: policy)
            if let output { try FileManager.default.createDirectory(atPath: output, withIntermediateDirectories: true) }
            for context in contexts {
                var record = CallRecord(context: context, events: try store.events(of: context.call))
                if !withoutRecordings { record.recordings = try archive.recordings(of: context.call, in: store) }
                let document = try VCon(of: record)
                if let output {
                    try save(try document.data(), "\(output)/\(document.uuid ?? "call").vcon")
                } else {
                    Terminal.print(String(decoding: try document.data(), as: UTF8.self))
                }
            }
            if let output { Terminal.explain("\(contexts.count) vCons in \(output)") }
        }
    }

    /// Everything of a caller, gone.
    struct Erase: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Erase calls: contexts, facts, outbox and recordings.",
            discussion: """
                What is erased is overwritten in the store and in its log. The audit log keeps that it was done, with the \
                calls' identifiers and without the caller. What was sent to other systems is theirs to erase: the command \
                names how many records went out.

                EXAMPLES:
                  parley contexts erase --store parley.sqlite --caller +15550100
                  parley contexts erase --store parley.sqlite replay-gas-leak
                """)

        @OptionGroup var options: StoreOptions

        @Argument(help: "Calls' identifiers.")
        var calls: [String] = []

        @Option(help: ArgumentHelp("Every call from this number.", valueName: "number"))
        var caller: String?

        func validate() throws {
            if calls.isEmpty == (caller == nil) { throw ValidationError("give calls' identifiers, or --caller") }
        }

        func run() throws {
            let store = try options.open()
            var filter = ContextFilter()
            filter.caller = caller
            filter.limit = nil
            var erased = try caller == nil ? [] : store.contexts(filter).map(\.call)
            if let caller {
                // A call that still runs, or that a crash cut off, has facts and no context yet.
                for call in try store.unsealedCalls() where try store.record(of: call)?.context.from == caller {
                    erased.append(call)
                }
            }
            // A call may have left no more than a promise to call back.
            let promised = try store.callBacks().map(\.call)
            erased += try calls.map { name in
                try promised.first { $0.rawValue == name } ?? store.context(named: name, in: options.store).call
            }
            var sent = 0
            for call in erased {
                var deliveries = DeliveryFilter()
                deliveries.call = call
                deliveries.state = .sent
                sent += try store.deliveries(deliveries).count
            }
            let recordings = try RecordingArchive.remove(erased, from: store)
            try store.erase(erased)
            let reason = caller == nil ? "by name" : "on request of one caller"
            try store.note(
                .erase, erased,
                "\(erased.count) calls and \(recordings) recordings erased \(reason); \(sent) had been sent")
            if options.json {
                Terminal.print(try JSONLines().line(["calls": erased.count, "recordings": recordings, "sent": sent]))
            } else {
                Terminal.print("\(erased.count) calls and \(recordings) recordings erased")
                if sent > 0 {
                    Terminal.explain(
                        "\(sent) records had been sent to other systems, which keep them: erase them there")
                }
            }
        }
    }

    /// Recordings whose time is over.
    struct Expire: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Remove the recordings whose time of retention is over.")
        @OptionGroup var options: StoreOptions

        func run() throws {
            let store = try options.open()
            let calls = try RecordingArchive.expire(at: .current(), in: store, who: NSUserName())
            Terminal.print(
                options.json ? try JSONLines().line(["recordings": calls.count]) : "\(calls.count) recordings removed")
        }
    }

    /// The audit log and whether it is whole.
    struct Audit: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Verify the audit log, and print it.",
            discussion: "Exit status 1 when an entry is not as it was written, or one is missing before it.")
        @OptionGroup var options: StoreOptions

        @Flag(help: "Verify only.")
        var quiet = false

        func run() throws {
            let trail = try options.open().auditTrail()
            let lines = JSONLines()
            for entry in trail where !quiet {
                guard let action = entry.action else { continue }
                if options.json {
                    Terminal.print(try lines.line(action))
                } else {
                    let calls = action.calls.count == 1 ? "\(action.calls[0])" : "\(action.calls.count) calls"
                    let outcome = action.outcome.map { "  \($0.rawValue)" } ?? ""
                    Terminal.print(
                        "\(entry.number)  \(action.at)  \(action.who)  \(action.kind.rawValue)  \(calls)  \(action.detail)\(outcome)"
                    )
                }
            }
            if let broken = AuditEntry.firstBroken(in: trail) {
                throw CommandError(
                    description: "\(options.store): the audit log was changed: entry \(broken) is not what was written")
            }
            let head = trail.last.map { $0.hash.map { String(format: "%02x", $0) }.joined() } ?? "-"
            Terminal.explain("\(trail.count) entries, all as they were written; head \(head)")
        }
    }
}
