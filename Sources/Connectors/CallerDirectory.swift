package import Formula
package import Telephony

/// Who knows callers by number, or by a key that came with the call: asked before the dialog begins.
package protocol CallerDirectory: Sendable {
    /// Looks a caller up. Never throws; ends by itself, and the asker does not wait for it longer than it likes.
    ///
    /// - Parameter number: the caller's number, or the key that came with the call.
    func caller(for number: String) async -> CallerLookup
}

/// What became of a look-up; the answer is the dialog's `Global.Caller`.
package enum CallerLookup: Sendable, Equatable {
    case found(Value)
    /// Nobody of that number.
    case unknown
    case failed(reason: String)
    /// No answer within the limit: the dialog begins without it.
    case late

    /// The value of `Global.Caller`: a record, or blank.
    package var value: Value { if case .found(let value) = self { value } else { .blank } }
}

extension CallerDirectory {
    /// Looks a caller up, for so long at most: the greeting waits for nobody.
    ///
    /// - Parameter limit: time from now; the look-up goes on behind it, unheard.
    package func caller(for number: String, within limit: Interval) async -> CallerLookup {
        await withTaskGroup(of: CallerLookup?.self) { group in
            let answer = AsyncStream<CallerLookup>.makeStream()
            Task {
                answer.continuation.yield(await self.caller(for: number))
                answer.continuation.finish()
            }
            group.addTask {
                for await lookup in answer.stream { return lookup }
                return nil
            }
            group.addTask {
                try? await Task.sleep(for: .nanoseconds(limit.nanoseconds))
                return .late
            }
            let first = await group.next() ?? nil
            group.cancelAll()
            return first ?? .late
        }
    }
}
