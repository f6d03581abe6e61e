import CLinux
import Glibc
import Telephony
import Transport

/// Streams of datagrams as long as a packet of PCMU to a bare echo, one every 20 ms each.
struct EchoedStreams: ~Copyable {
    private let sockets: MediaSockets
    private let count: Int
    private let targets: UInt16
    private let packet = [UInt8](repeating: 0x55, count: 172)
    private let room = UnsafeMutableRawBufferPointer.allocate(byteCount: 2_048, alignment: 16)
    private(set) var sent = 0

    /// - Parameter targets: the echo's first port; it has two a stream.
    init(count: Int, firstPort: UInt16, targets: UInt16) throws {
        self.count = count
        self.targets = targets
        sockets = try MediaSockets(
            TransportAddress(ipv4: 0x7F00_0001, port: 0),
            ports: firstPort...UInt16(clamping: Int(firstPort) + 2 * count + 200), dscp: 0)
    }

    deinit { room.deallocate() }

    mutating func run(milliseconds: Int) {
        let begin = MonotonicClock.now
        for slot in 0..<milliseconds {
            let due = begin + .milliseconds(Int64(slot))
            var time = timespec(
                tv_sec: Int(due.nanoseconds / 1_000_000_000), tv_nsec: Int(due.nanoseconds % 1_000_000_000))
            while clock_nanosleep(CLOCK_MONOTONIC, Int32(TIMER_ABSTIME), &time, nil) == EINTR {}
            for stream in stride(from: slot % 20, to: count, by: 20) {
                while sockets.receive(2 * stream, into: room) != nil {}
                let target = TransportAddress(ipv4: 0x7F00_0001, port: targets + UInt16(2 * stream))
                if packet.withUnsafeBytes({ sockets.send($0, to: target, on: 2 * stream) }) { sent += 1 }
            }
        }
    }
}
