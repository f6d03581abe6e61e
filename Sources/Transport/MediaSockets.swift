import BasicContainers
package import CallControl
import Glibc
package import Telephony

/// The sockets of a shard's media, bound beforehand: RTP on even port numbers, RTCP on the odd ones behind them.
///
/// ``Telephony/Port`` counts them: 0 is the first RTP socket, 1 its RTCP socket, and so on.
package struct MediaSockets: ~Copyable {
    private var sockets: UniqueArray<DatagramSocket>
    package private(set) var pairs: [MediaPortPair] = []

    /// Binds as many pairs as there are in a range; numbers that somebody else has are passed over.
    ///
    /// - Parameters:
    ///   - address: the local address; its port does not matter.
    ///   - ports: the first number is even.
    /// - Throws: ``TransportError`` when not one pair can be bound.
    package init(_ address: TransportAddress, ports: ClosedRange<UInt16>, dscp: UInt8) throws(TransportError) {
        try self.init([address], ports: ports, dscp: dscp)
    }

    /// Binds as many pairs as there are in a range, at each of several addresses.
    ///
    /// - Parameter addresses: ``CallControl/MediaPortPair/place`` counts them.
    /// - Throws: ``TransportError`` when not one pair can be bound at one of them.
    package init(_ addresses: [TransportAddress], ports: ClosedRange<UInt16>, dscp: UInt8) throws(TransportError) {
        MediaSockets.raiseFileLimit()
        sockets = UniqueArray(minimumCapacity: ports.count * addresses.count)
        for (place, address) in addresses.enumerated() { try bind(address, place, ports, dscp) }
    }

    private mutating func bind(
        _ address: TransportAddress, _ place: Int, _ ports: ClosedRange<UInt16>, _ dscp: UInt8
    ) throws(TransportError) {
        let before = pairs.count
        var number = Int(ports.lowerBound) + Int(ports.lowerBound) % 2
        while number + 1 <= Int(ports.upperBound) {
            var local = address
            local.port = UInt16(number)
            var control = address
            control.port = UInt16(number + 1)
            number += 2
            guard let rtp = try? DatagramSocket(local, dscp: dscp),
                let rtcp = try? DatagramSocket(control, dscp: dscp)
            else { continue }
            rtp.noteArrivals()
            rtcp.noteArrivals()
            let port = Int32(sockets.count)
            pairs.append(MediaPortPair(rtp: Port(port), rtcp: Port(port + 1), number: local.port, place: place))
            sockets.append(rtp)
            sockets.append(rtcp)
        }
        guard pairs.count > before else {
            throw TransportError(
                "no pair of UDP ports from \(ports.lowerBound) to \(ports.upperBound) can be bound; choose other ports")
        }
    }

    /// As many open files as the system lets a process have.
    private static func raiseFileLimit() {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
        limit.rlim_cur = limit.rlim_max
        setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    }

    package var count: Int { sockets.count }

    package func descriptor(_ port: Int) -> Int32 { sockets[port].descriptor }

    package func receive(_ port: Int, into room: UnsafeMutableRawBufferPointer) -> (
        count: Int, source: TransportAddress
    )? {
        sockets[port].receive(into: room)
    }

    package func receive(
        _ port: Int, into room: UnsafeMutableRawBufferPointer, control: UnsafeMutableRawBufferPointer
    ) -> DatagramSocket.Arrival? {
        sockets[port].receive(into: room, control: control)
    }

    package mutating func settle(_ port: Int, on peer: TransportAddress) { sockets[port].settle(on: peer) }

    package mutating func unsettle(_ port: Int) { sockets[port].unsettle() }

    package func send(_ octets: UnsafeRawBufferPointer, to destination: TransportAddress, on port: Int) -> Bool {
        sockets[port].send(octets, to: destination)
    }

    func drain(_ port: Int, _ room: UnsafeMutableRawBufferPointer) { sockets[port].drain(room) }
}
