import CLinux
import CallControl
import Foundation
import Glibc
import Telephony
import Transport

/// The phones behind a gateway: each call that the service places is answered at once, and sends and takes a packet every
/// 20 ms.
struct AnsweredLegs: ~Copyable {
    /// What came of it, while it is measured.
    struct Figures {
        var received = 0
        /// From 20 ms between neighbours, in microseconds.
        var deviations: [Int32] = []
    }

    /// A packet that carries a ``PacketMark`` has come.
    struct MarkedArrival {
        var mark: PacketMark
        var wallNanoseconds: Int64
    }

    private struct Phone {
        var callID: String
        var target: TransportAddress
    }

    private let signalling: DatagramSocket
    private let sockets: MediaSockets
    private var media: GeneratedMedia.Source
    private var phones: [Phone] = []
    private var streams: [GeneratedStream] = []
    private var figures = Figures()
    private var arrivals: [MarkedArrival] = []
    var isMeasuring = false
    private var packet = [UInt8](repeating: 0, count: 1_600)
    private let room = UnsafeMutableRawBufferPointer.allocate(byteCount: 4_096, alignment: 16)
    private let control = UnsafeMutableRawBufferPointer.allocate(byteCount: 128, alignment: 16)

    private static let loopback: UInt32 = 0x7F00_0001

    /// - Parameters:
    ///   - port: of SIP on loopback, where the service sends the calls that it places.
    ///   - firstPort: of media, two a phone.
    init(port: UInt16, media: GeneratedMedia, count: Int, firstPort: UInt16) throws {
        let signalling = try DatagramSocket(TransportAddress(ipv4: AnsweredLegs.loopback, port: port))
        let source = try GeneratedMedia.Source(media)
        let sockets = try MediaSockets(
            TransportAddress(ipv4: AnsweredLegs.loopback, port: 0),
            ports: firstPort...UInt16(clamping: Int(firstPort) + 2 * count + 200), dscp: 0)
        self.signalling = signalling
        self.media = source
        self.sockets = sockets
    }

    deinit {
        room.deallocate()
        control.deallocate()
    }

    /// Answers what has come.
    ///
    /// - Returns: how many phones have answered.
    mutating func signal() -> Int {
        while let (length, source) = signalling.receive(into: room) {
            let text = String(decoding: UnsafeRawBufferPointer(rebasing: room[0..<length]), as: UTF8.self)
            guard !text.hasPrefix("SIP/2.0"), !text.hasPrefix("ACK ") else { continue }
            var body = ""
            if text.hasPrefix("INVITE ") {
                guard let answer = take(text) else { continue }
                body = answer
            }
            let octets = Array(reply(to: text, body).utf8)
            _ = octets.withUnsafeBytes { signalling.send($0, to: source) }
        }
        return phones.count
    }

    /// What was measured; to be asked for once.
    mutating func takeFigures() -> Figures {
        defer { figures = Figures() }
        return figures
    }

    /// A new call, or one that was offered before.
    private mutating func take(_ invite: String) -> String? {
        guard let callID = invite.line("Call-ID: "), let port = invite.line("m=audio ").flatMap(UInt16.init(word:))
        else {
            return nil
        }
        let known = phones.firstIndex { $0.callID == callID }
        let index = known ?? phones.count
        guard index < sockets.pairs.count, let answer = media.answer(to: invite, port: sockets.pairs[index].number)
        else {
            return nil
        }
        if known == nil {
            phones.append(Phone(callID: callID, target: TransportAddress(ipv4: AnsweredLegs.loopback, port: port)))
            streams.append(GeneratedStream(number: index, pressesKeys: false))
        }
        return answer
    }

    private func reply(to request: String, _ body: String) -> String {
        let kept = ["Via: ", "From: ", "Call-ID: ", "CSeq: "].compactMap { name in
            request.line(name).map { name + $0 }
        }
        let to = request.line("To: ") ?? ""
        let lines =
            ["SIP/2.0 200 OK"] + kept
            + [
                "To: \(to)\(to.contains(";tag=") ? "" : ";tag=phone")",
                "Contact: <sip:phone@127.0.0.1:\(signalling.local.port)>",
            ] + (body.isEmpty ? [] : ["Content-Type: application/sdp"]) + [
                "Content-Length: \(body.utf8.count)", "", "",
            ]
        return lines.joined(separator: "\r\n") + body
    }

    /// The phones of a slot send a packet each and take what has come.
    mutating func turn(slot: Int) {
        for index in stride(from: slot % 20, to: phones.count, by: 20) {
            while let arrival = sockets.receive(2 * index, into: room, control: control) { note(arrival, index) }
            let count = streams[index].write(media, into: &packet)
            let target = phones[index].target
            packet.withUnsafeBytes { octets in
                _ = sockets.send(UnsafeRawBufferPointer(rebasing: octets[0..<count]), to: target, on: 2 * index)
            }
        }
    }

    private mutating func note(_ arrival: DatagramSocket.Arrival, _ index: Int) {
        guard arrival.count >= 12, arrival.wallNanoseconds > 0 else { return }
        let gap = streams[index].arrived(arrival.wallNanoseconds)
        guard isMeasuring else { return }
        figures.received += 1
        if let gap { figures.deviations.append(Int32(clamping: abs(gap - 20_000_000) / 1_000)) }
        if let mark = PacketMark(UnsafeRawBufferPointer(rebasing: room[0..<arrival.count])) {
            arrivals.append(MarkedArrival(mark: mark, wallNanoseconds: arrival.wallNanoseconds))
        }
    }

    /// The marked packets that came since this was asked last.
    mutating func takeArrivals() -> [MarkedArrival] {
        defer { arrivals.removeAll(keepingCapacity: true) }
        return arrivals
    }
}

/// What a caller writes into the audio of a packet, so that it is known again where it was passed on octet for octet.
struct PacketMark {
    var call: Int
    var sequence: UInt16

    private static let sign: UInt32 = 0xA55A_17E9
    private static let octets = 12..<22

    init(call: Int, sequence: UInt16) {
        self.call = call
        self.sequence = sequence
    }

    /// - Parameter packet: with its RTP header.
    init?(_ packet: UnsafeRawBufferPointer) {
        guard packet.count >= PacketMark.octets.upperBound,
            packet.loadUnaligned(fromByteOffset: 12, as: UInt32.self) == PacketMark.sign
        else { return nil }
        call = Int(packet.loadUnaligned(fromByteOffset: 16, as: UInt32.self))
        sequence = packet.loadUnaligned(fromByteOffset: 20, as: UInt16.self)
    }

    func write(into packet: inout [UInt8]) {
        guard packet.count >= PacketMark.octets.upperBound else { return }
        packet.withUnsafeMutableBytes { octets in
            octets.storeBytes(of: PacketMark.sign, toByteOffset: 12, as: UInt32.self)
            octets.storeBytes(of: UInt32(truncatingIfNeeded: call), toByteOffset: 16, as: UInt32.self)
            octets.storeBytes(of: sequence, toByteOffset: 20, as: UInt16.self)
        }
    }
}

extension GeneratedMedia.Source {
    /// The answer to an offer; from then on packets have the payload type that was offered. `nil` when the offer has not the
    /// codec.
    fileprivate mutating func answer(to offer: String, port: UInt16) -> String? {
        var lines = ["v=0", "o=- 1 1 IN IP4 127.0.0.1", "s=-", "c=IN IP4 127.0.0.1", "t=0 0"]
        switch media {
        case .opus:
            let name = offer.split(separator: "\r\n").first { $0.hasPrefix("a=rtpmap:") && $0.contains(" opus/48000") }
            guard let type = name.flatMap({ UInt8(word: String($0.dropFirst(9))) }) else { return nil }
            payloadType = type
            lines += ["m=audio \(port) RTP/AVP \(type)", "a=rtpmap:\(type) opus/48000/2"]
        case .pcmu, .secure: lines += ["m=audio \(port) RTP/AVP 0", "a=rtpmap:0 PCMU/8000"]
        }
        return lines.joined(separator: "\r\n") + "\r\n"
    }
}

extension FixedWidthInteger {
    /// The number that a text begins with, up to a blank.
    fileprivate init?(word text: String) {
        guard let word = text.split(separator: " ").first else { return nil }
        self.init(word)
    }
}

extension String {
    /// What follows a name at the beginning of a line.
    fileprivate func line(_ name: String) -> String? {
        split(separator: "\r\n").first { $0.hasPrefix(name) }.map { String($0.dropFirst(name.count)) }
    }
}
