import CLinux
import Glibc
import Telephony
import Transport

/// The least that a media loop can do: each datagram goes back to where it came from, over the same sockets, by one
/// call of the kernel in and one out. What Parley costs is told as a ratio to it.
enum EchoLoop {
    /// Runs on the calling thread for as long as whoever started the process lives.
    static func run(_ sockets: borrowing MediaSockets, isRealTime: Bool) {
        if isRealTime {
            var parameters = sched_param()
            parameters.sched_priority = 10
            _ = pthread_setschedparam(pthread_self(), SCHED_FIFO, &parameters)
        }
        let epoll = epoll_create1(0)
        for port in stride(from: 0, to: sockets.count, by: 2) {
            var event = epoll_event(events: EPOLLIN.rawValue, data: epoll_data(u64: UInt64(port)))
            _ = epoll_ctl(epoll, EPOLL_CTL_ADD, sockets.descriptor(port), &event)
        }
        let events = UnsafeMutableBufferPointer<epoll_event>.allocate(capacity: 256)
        let room = UnsafeMutableRawBufferPointer.allocate(byteCount: 4_096, alignment: 16)
        defer {
            events.deallocate()
            room.deallocate()
            close(epoll)
        }
        while getppid() != 1 {
            let count = epoll_wait(epoll, events.baseAddress, 256, 1_000)
            for index in 0..<Int(max(0, count)) {
                let port = Int(truncatingIfNeeded: events[index].data.u64)
                guard let (count, source) = sockets.receive(port, into: room) else { continue }
                let octets = UnsafeRawBufferPointer(rebasing: room[0..<count])
                _ = sockets.send(octets, to: source, on: port)
            }
        }
    }
}
