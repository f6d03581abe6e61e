import Foundation
package import Records
import Telephony

/// A subscriber's place in the facts of all calls, and what they look like on the wire: Server-Sent Events whose `id` is
/// the place from which a subscriber that comes back goes on (`Last-Event-ID`). The store is read, so that nothing is
/// lost between two connections, and what stands there is redacted.
package struct FactSubscription: Sendable {
    private let store: any ContextStore
    private var position: Int64
    private let call: CallID?
    private let event: String?

    /// Facts that are read at a time.
    private static let batch = 500

    init(store: any ContextStore, after position: Int64, call: CallID?, event: String?) {
        self.store = store
        self.position = position
        self.call = call
        self.event = event
    }

    /// The events since the last time; `nil` when nothing has happened. Empty when all that happened is not wanted.
    ///
    /// - Throws: `RecordsError`.
    package mutating func next() throws(RecordsError) -> String? {
        let facts = try store.facts(after: position, limit: FactSubscription.batch)
        guard let last = facts.last else { return nil }
        position = last.position
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        var text = ""
        for fact in facts where isWanted(fact.event) {
            guard let json = try? encoder.encode(fact.event) else { continue }
            text += "id: \(fact.position)\nevent: \(fact.event.body.name)\n"
            text += "data: \(String(decoding: json, as: UTF8.self))\n\n"
        }
        return text
    }

    private func isWanted(_ fact: CallEvent) -> Bool {
        (call == nil || fact.call == call) && (event == nil || fact.body.name == event)
    }
}
