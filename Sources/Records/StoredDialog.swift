package import Telephony

/// A SIP dialog that is open, at rest: what another process needs to end it, should the one that has it be gone.
package struct StoredDialog: Sendable, Equatable {
    /// Tells it from all others.
    package var name: String
    package var call: CallID
    /// The process that has it.
    package var node: String
    /// What whoever ends it needs; without secrets. The store does not look into it.
    package var json: String

    package init(name: String, call: CallID, node: String, json: String) {
        self.name = name
        self.call = call
        self.node = node
        self.json = json
    }
}

/// What became of a SIP dialog.
package enum DialogChange: Sendable, Equatable {
    /// It is open, and this is what is known of it now.
    case open(StoredDialog)
    case over(name: String)
}
