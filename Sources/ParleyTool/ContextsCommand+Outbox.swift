import ArgumentParser
import Connectors
import Foundation
import Records
import Telephony

extension ContextsCommand {
    /// What is in the outbox.
    struct Outbox: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show what is to be sent, was sent, or was set aside.")
        @OptionGroup var options: StoreOptions

        @Option(help: "Only entries in this state: waiting, sent or setAside.")
        var state: OutboxEntry.State?

        @Option(help: ArgumentHelp("Only entries for this connector.", valueName: "name"))
        var connector: String?

        @Option(help: "At most so many.")
        var limit = 50

        func run() throws {
            var filter = DeliveryFilter()
            filter.state = state
            filter.connector = connector
            filter.limit = limit
            let lines = JSONLines()
            for entry in try options.open().deliveries(filter) {
                if options.json {
                    Terminal.print(try lines.line(entry))
                } else {
                    let rest = entry.problem ?? entry.reference ?? ""
                    Terminal.print(
                        "\(entry.connector)  \(entry.key)  \(entry.state.rawValue)  \(entry.attempts) attempts  \(rest)"
                    )
                }
            }
        }
    }

    /// Sends the outbox.
    struct Send: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Send what waits in the outbox.",
            discussion: """
                Sends until nothing waits; with --watch until it is stopped. One process sends from a file; several nodes share a database. Entries that \
                are refused are set aside: 'contexts outbox --state setAside' shows them, 'contexts resend' tries again. \
                Exit status 1 when some are.
                """)
        @OptionGroup var options: StoreOptions

        @Option(help: ArgumentHelp("The file of connectors.", valueName: "file"))
        var connectors: String

        @Option(help: ArgumentHelp("The key of encrypted recordings, at env:NAME or file:PATH.", valueName: "place"))
        var recordKey: String?

        @Flag(help: "Go on until stopped.")
        var watch = false

        func run() async throws {
            let store = try options.open()
            let isShared = StoreAddress.isShared(options.store)
            let lock = try isShared ? nil : OutboxLock(storePath: options.store)
            // Whoever held claims on the file before is gone, or it would hold the lock; those of other nodes run out.
            if !isShared { try store.releaseClaims(of: nil) }
            var policy = RecordingArchive.Policy()
            policy.key = try recordKey.map { try RecordingKey(from: $0) }
            let destinations = try ConnectorFile.destinations(at: connectors)
            let sender = OutboxSender(
                store, to: destinations, node: "\(ProcessInfo.processInfo.hostName)-\(getpid())",
                recordings: RecordingArchive(folder: "", policy: policy), seed: .random(in: 0 ... .max))
            try await sender.run(untilEmpty: !watch) { connector, round in
                guard let problem = round.problem else { return }
                Terminal.explain("\(connector): \(round.postponed) postponed, \(round.setAside) set aside: \(problem)")
            }
            withExtendedLifetime(lock) {}
            try store.note(.send, [], "the outbox, to \(destinations.map(\.name).joined(separator: ", "))")
            try report(store, destinations.map(\.name))
        }

        private func report(_ store: any ContextStore, _ names: [String]) throws {
            var setAside = 0
            for name in names {
                var filter = DeliveryFilter()
                filter.connector = name
                let entries = try store.deliveries(filter)
                let sent = entries.count { $0.state == .sent }
                let aside = entries.count { $0.state == .setAside }
                let duplicates = entries.reduce(0) { $0 + $1.duplicates }
                setAside += aside
                if options.json {
                    Terminal.print(
                        try JSONLines().line([
                            name: ["sent": sent, "setAside": aside, "duplicates": duplicates]
                        ]))
                } else {
                    Terminal.print("\(name)  \(sent) sent, \(aside) set aside, \(duplicates) duplicates found")
                }
            }
            if setAside > 0 { throw ExitCode.failure }
        }
    }

    /// Puts calls into the outbox again.
    struct Resend: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Put calls into the outbox again; 'contexts send' sends them.",
            discussion: """
                EXAMPLES:
                  parley contexts resend --store parley.sqlite --connector crm --set-aside
                  parley contexts resend replay-gas-leak --store parley.sqlite --connector crm
                """)
        @OptionGroup var options: StoreOptions
        @OptionGroup var filters: FilterOptions

        @Argument(help: "Calls' identifiers.")
        var calls: [String] = []

        @Option(help: ArgumentHelp("To this connector; may be given again.", valueName: "name"))
        var connector: [String]

        @Flag(help: "Every call that was set aside.")
        var setAside = false

        func validate() throws {
            if calls.isEmpty, !setAside, filters.isEmpty {
                throw ValidationError("give calls' identifiers, filters or --set-aside")
            }
        }

        func run() throws {
            let store = try options.open()
            var ids = try calls.map { try store.context(named: $0, in: options.store).call }
            if setAside {
                var filter = DeliveryFilter()
                filter.state = .setAside
                ids += try store.deliveries(filter).filter { connector.contains($0.connector) }.map(\.call)
            }
            if !filters.isEmpty { ids += try store.contexts(filters.filter(limit: nil)).map(\.call) }
            var seen: Set<CallID> = []
            ids = ids.filter { seen.insert($0).inserted }
            let count = try store.resend(ids, connectors: connector, at: .current())
            try store.note(.resend, ids, "to \(connector.joined(separator: ", "))")
            Terminal.print(options.json ? try JSONLines().line(["entries": count]) : "\(count) deliveries wait again")
            for name in connector where try !store.isKnown(name) {
                Terminal.explain("nothing was ever sent to \(name); 'contexts send' does when its file has that name")
            }
        }
    }

    /// A file of connectors, checked.
    struct Check: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "check-connectors",
            abstract: "Check a file of connectors: names, addresses and every formula, without any secret.")

        @Argument(help: "The file of connectors.")
        var file: String

        func run() throws {
            _ = try ConnectorFile.destinations(at: file, readsSecrets: false)
            Terminal.print("\(file): no mistakes")
        }
    }
}

extension OutboxEntry.State: ExpressibleByArgument {}

extension ContextStore {
    /// Whether anything has been sent to a connector.
    fileprivate func isKnown(_ connector: String) throws -> Bool {
        var filter = DeliveryFilter()
        filter.connector = connector
        filter.state = .sent
        filter.limit = 1
        return try !deliveries(filter).isEmpty
    }
}
