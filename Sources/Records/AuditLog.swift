import Crypto
package import Foundation
package import Telephony

/// Something that was done with records, to be kept for ever: who, when, what, of which calls.
///
/// It names calls by their identifiers and never a person: what an erasure removes must not live on in the account of it.
package struct AuditAction: Sendable, Equatable, Codable {
    package enum Kind: String, Sendable, Codable, CaseIterable {
        case list, show, export, erase, resend, playRecording, expireRecording, report, send
        /// Somebody hears a running call, or is heard in it.
        case listen, whisper, bargeIn, takeOver, pullIn
        /// Somebody says that a node will not come back, so that others call whom it was calling.
        case declareLost
    }

    /// What became of something that may be refused.
    package enum Outcome: String, Sendable, Codable, CaseIterable {
        case granted, refused
    }

    package var at: WallTime
    /// The user of the machine, or the holder of a token.
    package var who: String
    package var kind: Kind
    package var calls: [CallID]
    /// A sentence, free of personal data.
    package var detail: String
    /// Absent where nothing was there to be refused: a reading is in the log only when it was one.
    package var outcome: Outcome?

    package init(
        at: WallTime, who: String, kind: Kind, calls: [CallID], detail: String, outcome: Outcome? = nil
    ) {
        self.outcome = outcome
        self.at = at
        self.who = who
        self.kind = kind
        self.calls = calls
        self.detail = detail
    }

    /// The bytes that are hashed.
    func canonicalJSON() throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return try encoder.encode(self)
    }
}

/// An entry of the audit log: its hash covers its number, its bytes and the hash before it, so that nothing can be
/// changed, taken out or put in without every later hash being another.
package struct AuditEntry: Sendable {
    /// From 1, without gaps.
    package let number: Int64
    /// `nil` when the bytes are no action any more.
    package let action: AuditAction?
    package let hash: Data
    private let json: Data
    private let previous: Data

    /// What the first entry has for the hash before it.
    static let origin = Data(count: 32)

    init(number: Int64, action: AuditAction, previous: Data) throws {
        let json = try action.canonicalJSON()
        self.init(
            number: number, json: json, action: action, previous: previous,
            hash: AuditEntry.hash(number, json, previous))
    }

    init(number: Int64, json: Data, action: AuditAction?, previous: Data, hash: Data) {
        self.number = number
        self.json = json
        self.action = action
        self.previous = previous
        self.hash = hash
    }

    private static func hash(_ number: Int64, _ json: Data, _ previous: Data) -> Data {
        var digest = SHA256()
        digest.update(data: previous)
        digest.update(data: Data("\(number):".utf8))
        digest.update(data: json)
        return Data(digest.finalize())
    }

    /// Whether the entry is what was written, and follows the one that was before it.
    package var isIntact: Bool { action != nil && hash == AuditEntry.hash(number, json, previous) }

    /// The first entry of a log that is not as it was written; `nil` when all are.
    package static func firstBroken(in trail: [AuditEntry]) -> Int64? {
        for (index, entry) in trail.enumerated() {
            guard entry.number == Int64(index) + 1 else { return Int64(index) + 1 }
            guard entry.isIntact else { return entry.number }
        }
        return nil
    }
}
