package import Telephony

/// What a simulated network does to a stream of packets.
///
/// Written as a list on the command line and in test calls: `loss=2%,burst=3,jitter=30ms,reorder=1%,duplicate=1%,drift=100ppm`.
package struct NetworkImpairment: Sendable, Equatable {
    /// Share of packets lost, 0 to 1.
    package var loss = 0.0
    /// Mean length of a run of lost packets, 1 and up. The runs follow a Gilbert model: two states, geometric lengths.
    package var meanBurst = 1.0
    /// Each packet is late by a time drawn evenly from zero to this.
    package var jitter = Interval.zero
    /// Share of packets held back until after the next one to three, 0 to 1.
    package var reorder = 0.0
    /// Share of packets that come twice, 0 to 1.
    package var duplicate = 0.0
    /// How much faster than the receiver's clock the sender's runs, in parts per million; negative when slower.
    package var driftInPPM = 0.0

    package init() {}

    package static let perfect = NetworkImpairment()
}

extension NetworkImpairment {
    /// What is wrong with a description of a network.
    package struct ParseError: Error, CustomStringConvertible {
        package let description: String
    }

    /// Reads `name=value` pairs separated by commas; an empty text is a perfect network.
    package init(_ text: String) throws(ParseError) {
        for part in text.split(separator: ",") {
            let pair = part.split(separator: "=", maxSplits: 1)
            guard pair.count == 2 else {
                throw ParseError(
                    description: "network: '\(part)' is not name=value; write for example loss=2%,burst=3,jitter=30ms")
            }
            try set(String(pair[0]).trimmed, to: String(pair[1]).trimmed)
        }
    }

    private mutating func set(_ name: String, to value: String) throws(ParseError) {
        switch name {
        case "loss": loss = try NetworkImpairment.share(value, of: name)
        case "burst": meanBurst = try NetworkImpairment.number(value, of: name, unit: "", in: 1...1_000)
        case "jitter":
            let milliseconds = try NetworkImpairment.number(value, of: name, unit: "ms", in: 0...10_000)
            jitter = Interval(nanoseconds: Int64(milliseconds * 1_000_000))
        case "reorder": reorder = try NetworkImpairment.share(value, of: name)
        case "duplicate": duplicate = try NetworkImpairment.share(value, of: name)
        case "drift": driftInPPM = try NetworkImpairment.number(value, of: name, unit: "ppm", in: -5_000...5_000)
        default:
            throw ParseError(
                description:
                    "network: there is no '\(name)'; the names are loss, burst, jitter, reorder, duplicate and drift")
        }
    }

    private static func share(_ value: String, of name: String) throws(ParseError) -> Double {
        try number(value, of: name, unit: "%", in: 0...100) / 100
    }

    private static func number(
        _ value: String, of name: String, unit: String, in range: ClosedRange<Double>
    ) throws(ParseError) -> Double {
        let bare = !unit.isEmpty && value.hasSuffix(unit) ? String(value.dropLast(unit.count)) : value
        guard let number = Double(bare), range.contains(number) else {
            throw ParseError(
                description:
                    "network: \(name)=\(value) is not a number from \(range.lowerBound) to \(range.upperBound)\(unit)")
        }
        return number
    }
}

extension String {
    fileprivate var trimmed: String {
        var text = Substring(self)
        while text.first == " " { text.removeFirst() }
        while text.last == " " { text.removeLast() }
        return String(text)
    }
}

/// A seeded network between a caller and Parley: packets go in with the time they were sent and come out with the time
/// they arrive.
///
/// Keeps a trace of what it did to each packet, against which tests count what was heard.
package struct Network {
    /// A packet on its way.
    package struct Packet {
        package var arrivesAt: Instant
        package var bytes: [UInt8]
        /// Counts the packets sent, from 0.
        package var number: Int
        package var isRTCP: Bool
    }

    /// What became of a packet.
    package struct Fate: Sendable, Equatable {
        /// When each copy arrives; empty when it was lost.
        package var arrivals: [Instant]
    }

    package let impairment: NetworkImpairment
    /// What became of each packet, by number; kept only when asked for.
    package private(set) var trace: [Fate] = []
    private let keepsTrace: Bool
    private var generator: SeededGenerator
    private var isLosing = false
    private var sent = 0
    /// Packets taken so far.
    package var sentPackets: Int { sent }
    /// In order of arrival; equal times in order of sending.
    private var inFlight: [Packet] = []
    /// The part of ``inFlight`` that has been delivered.
    private var delivered = 0

    /// The delay that every packet has at least.
    private static let propagation = Interval.milliseconds(10)

    package init(_ impairment: NetworkImpairment, seed: UInt64, keepsTrace: Bool = false) {
        self.impairment = impairment
        self.keepsTrace = keepsTrace
        generator = SeededGenerator(seed: seed)
    }

    /// Takes a packet that is sent now.
    package mutating func send(_ bytes: [UInt8], isRTCP: Bool = false, at now: Instant) {
        var fate = Fate(arrivals: [])
        if !losesNext() {
            var arrival = now + Network.propagation + delay()
            if impairment.reorder > 0, generator.nextUnit() < impairment.reorder {
                arrival += Interval(nanoseconds: Int64((20 + 50 * generator.nextUnit()) * 1_000_000))
            }
            fate.arrivals.append(arrival)
            if impairment.duplicate > 0, generator.nextUnit() < impairment.duplicate {
                fate.arrivals.append(arrival + Interval(nanoseconds: Int64(30 * generator.nextUnit() * 1_000_000)))
            }
            for time in fate.arrivals {
                insert(Packet(arrivesAt: time, bytes: bytes, number: sent, isRTCP: isRTCP))
            }
        }
        sent += 1
        if keepsTrace { trace.append(fate) }
    }

    /// The Gilbert model: the chance of leaving the losing state is one over the mean burst, the chance of entering it
    /// follows from the share of packets lost.
    private mutating func losesNext() -> Bool {
        guard impairment.loss > 0 else { return false }
        if impairment.loss >= 1 { return true }
        let leave = 1 / impairment.meanBurst
        let enter = min(1, leave * impairment.loss / (1 - impairment.loss))
        isLosing = isLosing ? generator.nextUnit() >= leave : generator.nextUnit() < enter
        return isLosing
    }

    private mutating func delay() -> Interval {
        guard impairment.jitter > .zero else { return .zero }
        return Interval(nanoseconds: Int64(Double(impairment.jitter.nanoseconds) * generator.nextUnit()))
    }

    private mutating func insert(_ packet: Packet) {
        var index = inFlight.count
        while index > delivered, inFlight[index - 1].arrivesAt > packet.arrivesAt { index -= 1 }
        inFlight.insert(packet, at: index)
    }

    /// When the next packet arrives.
    package var nextArrival: Instant? { delivered < inFlight.count ? inFlight[delivered].arrivesAt : nil }

    /// The next packet that has arrived by now.
    package mutating func receive(at now: Instant) -> Packet? {
        guard delivered < inFlight.count, inFlight[delivered].arrivesAt <= now else { return nil }
        let packet = inFlight[delivered]
        delivered += 1
        if delivered == inFlight.count {
            inFlight.removeAll(keepingCapacity: true)
            delivered = 0
        } else if delivered > 64 {
            inFlight.removeFirst(delivered)
            delivered = 0
        }
        return packet
    }
}
