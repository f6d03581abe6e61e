import CLinux
import Glibc
import Synchronization
import Telephony
import Transport

/// The least that a media loop can do: each datagram goes back to where it came from, by the same sockets, the same
/// epoll and the same calls of the kernel. What Parley costs is told as a ratio to it.
final class EchoLoop: Sendable {
    private let isStopping = Atomic<Bool>(false)
    private let cpuNanoseconds = Atomic<Int64>(0)
    private let start: Mutex<Start?>
    private let isRealTime: Bool

    private struct Start: ~Copyable, Sendable { var sockets: MediaSockets }

    init(_ sockets: consuming MediaSockets, isRealTime: Bool) {
        start = Mutex(Start(sockets: sockets))
        self.isRealTime = isRealTime
    }

    /// CPU time of the thread up to about half a second ago.
    var cpuTime: Interval { Interval(nanoseconds: cpuNanoseconds.load(ordering: .relaxed)) }

    func stop() { isStopping.store(true, ordering: .relaxed) }

    /// Runs on the calling thread until it is stopped.
    func run() {
        guard let start = start.withLock({ $0.take() }) else { return }
        if isRealTime {
            var parameters = sched_param()
            parameters.sched_priority = 10
            _ = pthread_setschedparam(pthread_self(), SCHED_FIFO, &parameters)
        }
        let epoll = epoll_create1(0)
        for port in stride(from: 0, to: start.sockets.count, by: 2) {
            var event = epoll_event(events: EPOLLIN.rawValue, data: epoll_data(u64: UInt64(port)))
            _ = epoll_ctl(epoll, EPOLL_CTL_ADD, start.sockets.descriptor(port), &event)
        }
        let events = UnsafeMutableBufferPointer<epoll_event>.allocate(capacity: 256)
        let room = UnsafeMutableRawBufferPointer.allocate(byteCount: 4_096, alignment: 16)
        defer {
            events.deallocate()
            room.deallocate()
            close(epoll)
        }
        var reported = MonotonicClock.now
        while !isStopping.load(ordering: .relaxed) {
            let count = epoll_wait(epoll, events.baseAddress, 256, 100)
            let now = MonotonicClock.now
            for index in 0..<Int(max(0, count)) {
                let port = Int(truncatingIfNeeded: events[index].data.u64)
                guard let (count, source) = start.sockets.receive(port, into: room) else { continue }
                let octets = UnsafeRawBufferPointer(rebasing: room[0..<count])
                _ = start.sockets.send(octets, to: source, on: port)
            }
            if now - reported > .milliseconds(500) {
                reported = now
                cpuNanoseconds.store(MonotonicClock.threadTime.nanoseconds, ordering: .relaxed)
            }
        }
    }
}
