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
    /// What whoever keeps it needs; without secrets. The store does not look into it.
    package var json: String

    package init(call: CallID, node: String, joinedAt: WallTime, json: String) {
        self.call = call
        self.node = node
        self.joinedAt = joinedAt
        self.json = json
    }
}

/// What became of a promise to call back.
package enum CallBackChange: Sendable, Equatable {
    case promised(StoredCallBack)
    /// It is known otherwise now, as long as it is that process's to keep and was not erased.
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
