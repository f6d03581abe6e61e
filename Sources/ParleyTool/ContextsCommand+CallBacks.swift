import ArgumentParser
import Distribution
import Foundation
import Records
import Telephony

extension ContextsCommand {
    /// Who is still to be called back.
    struct CallBacks: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "call-backs",
            abstract: "Show the callers who were promised to be called back and have not been, in the queues' order.",
            discussion: """
                A promise is erased with the call in which it was made: 'contexts erase'. While a caller is being called no other \
                node calls: where the one that does is cut off from the store or gone, that stands until it is back, until a \
                process begins on its machine, or until the promise runs out. Who knows that the machine will not come back says \
                so with --lost: then another node calls again. A caller whom the lost node reached is called twice.

                  parley contexts call-backs --store postgresql://parley@db/parley
                  parley contexts call-backs --lost node-7-4711 --store postgresql://parley@db/parley
                """)
        @OptionGroup var options: StoreOptions

        @Option(
            help: ArgumentHelp(
                "A node whose machine will not come back, by its name in this list: others call whom it was calling.",
                valueName: "node"))
        var lost: String?

        private struct Line: Encodable {
            var node: String
            var isUnderWay: Bool
            var promise: KeptPromise
        }

        func run() throws {
            let store = try options.open()
            let stored = try store.callBacks()
            if let lost { return try giveUp(lost, stored, in: store) }
            try store.note(.list, stored.map(\.call), "\(stored.count) callers who are to be called back")
            let lines = JSONLines()
            var isWhole = true
            for stored in stored {
                guard let promise = try? JSONDecoder().decode(KeptPromise.self, from: Data(stored.json.utf8)) else {
                    isWhole = false
                    Terminal.explain(
                        "the promise of \(stored.joinedAt) in call \(stored.call) cannot be read, and nobody is called back "
                            + "for it: it is damaged or of a newer Parley; see 'contexts show \(stored.call)' for the "
                            + "caller's number, and remove it with 'contexts erase \(stored.call)'")
                    continue
                }
                Terminal.print(
                    options.json
                        ? try lines.line(Line(node: stored.node, isUnderWay: stored.isUnderWay, promise: promise))
                        : "\(stored.joinedAt)  \(promise.call)  \(promise.number)  \(promise.queue)  "
                            + "\(promise.attempts) attempts  \(stored.isUnderWay ? "being called by" : "kept by") \(stored.node)"
                )
            }
            if !isWhole { throw ExitCode.failure }
            if stored.isEmpty, !options.json { Terminal.explain("nobody is to be called back") }
        }

        private func giveUp(_ node: String, _ stored: [StoredCallBack], in store: any ContextStore) throws {
            let claimed = stored.filter(\.isUnderWay)
            let calls = claimed.filter { $0.node == node }.map(\.call)
            guard !calls.isEmpty else {
                let others = Set(claimed.map(\.node)).sorted().joined(separator: ", ")
                throw CommandError(
                    description: "node '\(node)' is calling nobody back"
                        + (others.isEmpty ? ", nor is any other" : "; those that are: \(others)"))
            }
            // In the log before it is done, and that it was refused as well.
            try store.note(.declareLost, calls, "node \(node) is lost")
            let freed: [CallID]
            do {
                freed = try store.voidClaims(of: node)
            } catch {
                try store.note(.declareLost, calls, "node \(node) is lost", .refused)
                throw error
            }
            Terminal.print(
                options.json
                    ? try JSONLines().line(["calls": freed]) : "\(freed.count) callers are called again by another node"
            )
        }
    }
}
