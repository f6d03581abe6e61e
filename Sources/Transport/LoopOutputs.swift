package import CallControl

/// What comes out of a media loop, one by one, though it leaves the loop's thread by the batch: to wake a reader for each
/// fact costs the thread more than the fact did.
package struct LoopOutputs: AsyncSequence, Sendable {
    let batches: AsyncStream<[SwitchboardOutput]>

    package struct AsyncIterator: AsyncIteratorProtocol {
        fileprivate var batches: AsyncStream<[SwitchboardOutput]>.Iterator
        private var batch: [SwitchboardOutput] = []
        private var index = 0

        fileprivate init(_ batches: AsyncStream<[SwitchboardOutput]>.Iterator) { self.batches = batches }

        package mutating func next() async -> SwitchboardOutput? { await next(isolation: nil) }

        package mutating func next(isolation actor: isolated (any Actor)?) async -> SwitchboardOutput? {
            while index >= batch.count {
                guard let next = await batches.next(isolation: actor) else { return nil }
                batch = next
                index = 0
            }
            index += 1
            return batch[index - 1]
        }
    }

    package func makeAsyncIterator() -> AsyncIterator { AsyncIterator(batches.makeAsyncIterator()) }
}
