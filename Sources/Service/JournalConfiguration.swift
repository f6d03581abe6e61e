import CallControl
import CallFlow
import Foundation
import Records
import Telephony

/// Where journals of calls are kept; none are without a folder.
package struct JournalConfiguration: Sendable, Equatable {
    package var folder: String
    /// `env:NAME` or `file:PATH`.
    package var key: String
    /// Octets of one call's journal.
    package var callLimit = 64 << 20
    /// Octets of all of them.
    package var folderLimit = 4_096 << 20

    package init(folder: String, key: String) {
        self.folder = folder
        self.key = key
    }

    /// What is said to who names a folder alone.
    package static let needsKey =
        "a journal holds all that callers say and is written encrypted; make a key by 'openssl rand -hex 32 > FILE; chmod 600 FILE' and name it as file:FILE or env:NAME"

    /// - Throws: `RecordsError`.
    func open() throws -> LiveJournals {
        var policy = LiveJournals.Policy(folder: folder, key: try RecordingKey(from: key, of: .journal))
        policy.folderLimit = folderLimit
        return try LiveJournals(policy)
    }
}

extension LiveJournals {
    /// Takes more of a call's journal.
    func take(_ piece: JournalPiece, of call: CallID, _ about: (Agent) -> JournalAbout) {
        switch piece {
        case .began(let agent):
            guard let json = try? JSONEncoder().encode(about(agent)) else { return }
            keep(JournalEntry.octets(about: Array(json)), of: call)
        case .entries(let octets): keep(octets, of: call)
        case .ended(let octets):
            keep(octets, of: call)
            finish(call)
        }
    }

    /// An event of the account stands in the journal too.
    func take(_ event: CallEvent) {
        guard let json = try? JSONEncoder().encode(event) else { return }
        keep(JournalEntry.octets(fact: Array(json)), of: event.call)
    }

    private func keep(_ octets: [UInt8], of call: CallID) {
        append(octets, of: call, orElse: JournalEntry.octets(cut: .overrun))
    }
}
