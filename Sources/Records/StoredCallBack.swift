package import Telephony

/// A caller who was promised to be called back, at rest: what another process needs to keep the promise, should the one
/// that made it be gone.
package struct StoredCallBack: Sendable, Equatable {
    /// The call in which it was promised.
    package var call: CallID
    /// The process that keeps the promise.
    package var node: String
    /// When the caller joined the queue: the order in which promises are taken over.
    package var joinedAt: WallTime
    /// When the promise runs out.
    package var expiresAt: WallTime
    /// Grows with each word on it: of two words of the same process the one with the greater is the later, in whatever
    /// order they reach the store.
    package var version: Int64
    /// The caller is being called, or about to be. Nobody takes such a promise over before it has run out: whether the
    /// caller is being spoken to only that process knows, and it may be cut off from the store, not dead.
    package var isUnderWay: Bool
    /// What whoever keeps it needs; without secrets. The store does not look into it.
    package var json: String

    package init(
        call: CallID, node: String = "", joinedAt: WallTime, expiresAt: WallTime, version: Int64 = 1,
        isUnderWay: Bool = false, json: String
    ) {
        self.call = call
        self.node = node
        self.joinedAt = joinedAt
        self.expiresAt = expiresAt
        self.version = version
        self.isUnderWay = isUnderWay
        self.json = json
    }
}

/// What the store says to a process that is about to call somebody back.
package enum CallBackClaim: Sendable, Equatable {
    /// The promise is that process's, and the store has it now that the caller is being called.
    case held
    /// The promise is that process's, and a later word of its own on it stands in the store already.
    case superseded
    /// It was erased, or another process keeps it.
    case lost
}

/// What became of a promise to call back.
package enum CallBackChange: Sendable, Equatable {
    case promised(StoredCallBack)
    /// It is known otherwise now, as long as it is that process's to keep, was not erased, and no later word is there.
    case changed(StoredCallBack)
    /// It was kept, or cannot be.
    case over(CallID)

    package var call: CallID {
        switch self {
        case .promised(let callBack), .changed(let callBack): callBack.call
        case .over(let call): call
        }
    }
}
