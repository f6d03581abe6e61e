import Routing
import Telephony
import Testing

@Suite("Number pool")
struct NumberPoolTests {
    private static func time(_ seconds: Int64) -> Instant { .zero + .seconds(seconds) }

    private static func pool(_ numbers: [String] = ["+44 20 7946 0001", "+442079460002"]) -> NumberPool {
        NumberPool(numbers: numbers, rest: .seconds(10), at: .zero)
    }

    @Test("a number names one call's context while its lease runs, and nothing after")
    func lookUp() throws {
        var pool = Self.pool()
        let taken = pool.lease(for: "1", contextKey: "k1", lasting: .seconds(30), at: Self.time(0))
        let lease = try #require(taken)
        #expect(pool.lease(ofCalled: "0044 20 7946 0001", at: Self.time(29))?.contextKey == "k1")
        #expect(pool.lease(ofCalled: "442079460001", at: Self.time(29)) == lease)
        #expect(pool.lease(ofCalled: "+442079460001", at: Self.time(30)) == nil)
        #expect(pool.lease(ofCalled: "+442079460002", at: Self.time(1)) == nil)
        #expect(pool.deadline == Self.time(30))
        let over = pool.advance(to: Self.time(30))
        #expect(over == [lease])
        #expect(pool.count == 0 && pool.deadline == nil)
    }

    @Test("when all are taken or rest there is none; the one unused the longest comes first")
    func exhaustion() throws {
        var pool = Self.pool()
        let first = pool.lease(for: "1", contextKey: "a", lasting: .seconds(100), at: Self.time(0))
        let other = pool.lease(for: "2", contextKey: "b", lasting: .seconds(100), at: Self.time(0))
        let second = try #require(other)
        #expect(first != nil && first?.number != second.number)
        let third = pool.lease(for: "3", contextKey: "c", lasting: .seconds(1), at: Self.time(1))
        #expect(third == nil)
        let strangers = pool.release(second.number, of: "1", at: Self.time(2))
        #expect(!strangers)
        let released = pool.release(second.number, of: "2", at: Self.time(2))
        #expect(released)
        let tooSoon = pool.lease(for: "3", contextKey: "c", lasting: .seconds(1), at: Self.time(11))
        #expect(tooSoon == nil)
        pool.callEnded("1", at: Self.time(11))
        let rested = pool.lease(for: "3", contextKey: "c", lasting: .seconds(1), at: Self.time(12))
        #expect(rested?.number == second.number)
    }

    @Test("a pool names what is no number, and counts a number once")
    func configuration() {
        let pool = Self.pool(["+442079460001", "0044 2079460001", "abc"])
        #expect(pool.malformed == ["abc"])
        var copy = pool
        let leases = (0..<3).compactMap {
            copy.lease(for: CallID("\($0)"), contextKey: "", lasting: .seconds(1), at: .zero)
        }
        #expect(leases.count == 1)
    }

    @Test("no number has two leases, whatever happens in which order")
    func random() {
        var random = SeededGenerator(seed: 9)
        var pool = NumberPool(numbers: (0..<5).map { "+44207946100\($0)" }, rest: .seconds(3), at: .zero)
        var open: [PhoneNumber: NumberLease] = [:]
        var taken = 0
        for step in 0..<20_000 {
            let now = Instant.zero + .milliseconds(Int64(step) * 300)
            open = open.filter { $0.value.expires > now }
            switch random.next() % 3 {
            case 0:
                let call = CallID("\(step)")
                let length = Interval.seconds(Int64(random.next() % 20))
                if let lease = pool.lease(for: call, contextKey: "", lasting: length, at: now) {
                    #expect(open[lease.number] == nil)
                    open[lease.number] = lease
                    taken += 1
                }
            case 1:
                if let lease = open.values.min(by: { $0.expires < $1.expires }) {
                    pool.release(lease.number, of: lease.call, at: now)
                    open[lease.number] = nil
                }
            default: pool.advance(to: now)
            }
        }
        #expect(taken > 1_000)
    }
}
