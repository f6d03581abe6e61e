import Testing

/// Peers and Parley are live: with many more of them at once than there are processors they would hear each other late. So
/// each case of a suite with this trait waits for its turn.
struct LiveTurns: SuiteTrait, TestTrait, TestScoping {
    private static let turns = Turns(3)

    var isRecursive: Bool { true }

    func scopeProvider(for test: Test, testCase: Test.Case?) -> LiveTurns? { testCase == nil ? nil : self }

    @concurrent func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @concurrent @Sendable () async throws -> Void
    ) async throws {
        await LiveTurns.turns.enter()
        do {
            try await function()
            await LiveTurns.turns.leave()
        } catch {
            await LiveTurns.turns.leave()
            throw error
        }
    }
}

extension Trait where Self == LiveTurns {
    /// Few of these cases run at a time.
    static var takesTurns: Self { LiveTurns() }
}

/// Lets so many in at a time, in the order in which they came.
private actor Turns {
    private var free: Int
    private var waiting: [CheckedContinuation<Void, Never>] = []

    init(_ count: Int) { free = count }

    func enter() async {
        if free > 0 {
            free -= 1
        } else {
            await withCheckedContinuation { waiting.append($0) }
        }
    }

    func leave() {
        if waiting.isEmpty {
            free += 1
        } else {
            waiting.removeFirst().resume()
        }
    }
}
