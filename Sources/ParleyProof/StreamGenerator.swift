import CLinux
import Glibc
import RTP
import Synchronization
import Telephony
import Transport

/// Many callers' RTP: a packet of PCMU every 20 ms a stream, a twentieth of the streams each millisecond, and the times
/// at which packets come back, taken by the kernel.
///
/// Every 12 seconds each caller presses four keys by RFC 4733.
struct StreamGenerator: ~Copyable {
    private let sockets: MediaSockets
    private let targets: [TransportAddress]
    private var sequences: [UInt16]
    private var lastArrivals: [Int64]
    private var deviations: [Int32] = []
    private(set) var sent = 0
    private(set) var received = 0
    private var packet = [UInt8](repeating: 0, count: 172)
    private let room: UnsafeMutableRawBufferPointer
    private let control: UnsafeMutableRawBufferPointer
    /// Figures count while it is set.
    var isMeasuring = false

    private static let keys: [UInt8] = [1, 2, 3, 4]
    /// Ticks from one string of keys to the next, of one key with its pause, and of the key alone.
    private static let keyPeriod = 600
    private static let keyLength = 10
    private static let keyDown = 5

    /// - Parameter targets: where the packets of each stream go.
    init(_ sockets: consuming MediaSockets, targets: [TransportAddress]) {
        for port in stride(from: 0, to: sockets.count, by: 2) {
            var one: Int32 = 1
            setsockopt(sockets.descriptor(port), SOL_SOCKET, SO_TIMESTAMPNS, &one, 4)
        }
        self.sockets = sockets
        self.targets = targets
        sequences = targets.indices.map { UInt16(truncatingIfNeeded: $0 &* 7_919) }
        lastArrivals = [Int64](repeating: 0, count: targets.count)
        room = .allocate(byteCount: 2_048, alignment: 16)
        control = .allocate(byteCount: 128, alignment: 16)
        for index in 12..<172 { packet[index] = UInt8(truncatingIfNeeded: 0xFF - (index * 7) % 40) }
    }

    deinit {
        room.deallocate()
        control.deallocate()
    }

    /// Sends and receives for so many ticks of 20 ms.
    mutating func run(ticks: Int) {
        let begin = MonotonicClock.now
        for slot in 0..<ticks * 20 {
            let due = begin + .milliseconds(Int64(slot))
            var time = timespec(
                tv_sec: Int(due.nanoseconds / 1_000_000_000), tv_nsec: Int(due.nanoseconds % 1_000_000_000))
            while clock_nanosleep(CLOCK_MONOTONIC, Int32(TIMER_ABSTIME), &time, nil) == EINTR {}
            for stream in stride(from: slot % 20, to: targets.count, by: 20) { turn(stream) }
        }
    }

    private mutating func turn(_ stream: Int) {
        while receive(stream) {}
        let count = write(stream)
        let isSent = packet.withUnsafeBytes { octets in
            sockets.send(UnsafeRawBufferPointer(rebasing: octets[0..<count]), to: targets[stream], on: 2 * stream)
        }
        if isSent, isMeasuring { sent += 1 }
    }

    /// Makes the stream's next packet; returns its octets.
    private mutating func write(_ stream: Int) -> Int {
        let sequence = sequences[stream]
        sequences[stream] &+= 1
        let tick = (Int(sequence) + stream) % StreamGenerator.keyPeriod
        let key = tick / StreamGenerator.keyLength
        let within = tick % StreamGenerator.keyLength
        var span = packet.mutableSpan
        guard key < StreamGenerator.keys.count, within < StreamGenerator.keyDown else {
            RTPHeader(
                marker: false, payloadType: 0, sequenceNumber: sequence, timestamp: UInt32(sequence) &* 160,
                ssrc: UInt32(stream)
            ).write(into: &span)
            return 172
        }
        RTPHeader(
            marker: within == 0, payloadType: 101, sequenceNumber: sequence,
            timestamp: UInt32(sequence &- UInt16(within)) &* 160, ssrc: UInt32(stream)
        ).write(into: &span)
        TelephoneEvent(
            code: StreamGenerator.keys[key], isEnd: within == StreamGenerator.keyDown - 1, volume: 10,
            duration: UInt16(160 * (within + 1))
        ).write(into: &span, at: 12)
        return 16
    }

    /// Takes a packet that has come and notes when the kernel had it.
    private mutating func receive(_ stream: Int) -> Bool {
        var vector = iovec(iov_base: room.baseAddress, iov_len: room.count)
        var message = msghdr()
        message.msg_iovlen = 1
        message.msg_control = control.baseAddress
        message.msg_controllen = control.count
        let count = withUnsafeMutablePointer(to: &vector) { pointer in
            message.msg_iov = pointer
            return recvmsg(sockets.descriptor(2 * stream), &message, Int32(MSG_DONTWAIT))
        }
        guard count > 0 else { return false }
        guard count >= 100, message.msg_controllen >= 32 else { return true }
        // The head of the control message has 16 octets, the time behind it 16.
        let seconds = control.load(fromByteOffset: 16, as: Int64.self)
        let arrival = seconds * 1_000_000_000 + control.load(fromByteOffset: 24, as: Int64.self)
        if isMeasuring {
            received += 1
            let gap = arrival - lastArrivals[stream]
            if lastArrivals[stream] > 0, gap < 1_000_000_000 {
                deviations.append(Int32(clamping: abs(gap - 20_000_000) / 1_000))
            }
        }
        lastArrivals[stream] = arrival
        return true
    }

    /// The deviation from 20 ms between packets that all but a hundredth keep, in milliseconds.
    func deviationAtP99() -> Double {
        let sorted = deviations.sorted()
        return sorted.isEmpty ? 0 : Double(sorted[min(sorted.count - 1, sorted.count * 99 / 100)]) / 1_000
    }
}
