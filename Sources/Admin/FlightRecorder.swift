import DequeModule
import Records
package import SIP
import Synchronization
package import Telephony

/// The last signalling and facts of a service, in memory: masked, bounded, on all the time. What an operator looks at
/// when a call went wrong a minute ago.
package final class FlightRecorder: Sendable {
    /// How much it holds; the oldest goes first.
    package struct Limits: Sendable {
        package var entries = 65_536
        /// Octets of signalling.
        package var octets = 16 << 20

        package init() {}
    }

    struct Entry: Sendable {
        enum What: Sendable {
            /// A message, masked, with its Call-ID.
            case message(CallTrace.Message, sipCallID: String)
            case fact(CallEvent)
            /// Which SIP call is which call.
            case line(CallID, sipCallID: String)
        }

        /// Microseconds of wall time since 1970.
        var at: Int64
        var what: What
    }

    private struct Ring {
        var entries: Deque<Entry> = []
        var octets = 0
    }

    private let ring = Mutex(Ring())
    private let limits: Limits
    private let clock: @Sendable () -> Int64

    /// - Parameter clock: microseconds of wall time since 1970.
    package init(_ limits: Limits = Limits(), clock: @escaping @Sendable () -> Int64 = FlightRecorder.now) {
        self.limits = limits
        self.clock = clock
    }

    package static func now() -> Int64 { WallTime.current().millisecondsSince1970 * 1_000 }

    /// Takes a message that came or went.
    ///
    /// - Parameter local: Parley's own end of the way.
    package func passed(_ octets: [UInt8], isIncoming: Bool, _ hop: Hop, local: TransportAddress? = nil) {
        guard let callID = FlightRecorder.callID(in: octets) else { return }
        let message = CallTrace.Message(
            isIncoming: isIncoming, transport: hop.transport.viaName, peer: hop.address,
            local: local,
            octets: SignallingMask.masked(Array(octets.prefix(CallTrace.Message.longest))))
        append(.message(message, sipCallID: callID), octets: message.octets.count)
    }

    /// Takes a fact.
    package func happened(_ event: CallEvent) { append(.fact(event), octets: 0) }

    /// A call has a SIP call, its caller's or a further leg's.
    package func began(_ call: CallID, sipCallID: String) { append(.line(call, sipCallID: sipCallID), octets: 0) }

    private func append(_ what: Entry.What, octets: Int) {
        let entry = Entry(at: clock(), what: what)
        ring.withLock { ring in
            ring.entries.append(entry)
            ring.octets += octets
            while ring.entries.count > limits.entries || ring.octets > limits.octets,
                let oldest = ring.entries.popFirst()
            {
                if case .message(let message, _) = oldest.what { ring.octets -= message.octets.count }
            }
        }
    }

    /// Everything that is still known of a call, the signalling of its further legs included; `nil` for a call that is
    /// not, or not any more.
    ///
    /// - Parameter name: the call's own, or the Call-ID of one of its SIP calls.
    package func trace(of name: String) -> CallTrace? {
        let entries = ring.withLock { Array($0.entries) }
        let lines = entries.compactMap { entry -> (call: CallID, id: String)? in
            if case .line(let call, let id) = entry.what { (call, id) } else { nil }
        }
        let call = lines.last { $0.id == name }?.call ?? CallID(name)
        let sipCallIDs = Set(lines.filter { $0.call == call }.map(\.id))
        var steps: [CallTrace.Step] = []
        for entry in entries {
            switch entry.what {
            case .message(let message, let id) where sipCallIDs.contains(id):
                steps.append(CallTrace.Step(at: entry.at, what: .message(message)))
            case .fact(let event) where event.call == call:
                steps.append(CallTrace.Step(at: entry.at, what: .fact(event)))
            default: break
            }
        }
        return steps.isEmpty ? nil : CallTrace(call: call, steps: steps)
    }

    /// The Call-ID of a message, which is not parsed for it: the ring holds what cannot be parsed as well.
    static func callID(in octets: [UInt8]) -> String? {
        var lineStart = 0
        while lineStart < octets.count {
            let newline = octets[lineStart...].firstIndex(of: 0x0A) ?? octets.count
            var line = octets[lineStart..<newline]
            if line.last == 0x0D { line.removeLast() }
            if line.isEmpty { return nil }
            if let colon = line.firstIndex(of: 0x3A), isCallID(line[..<colon]) {
                return String(decoding: trimmed(line[(colon + 1)...]), as: UTF8.self)
            }
            lineStart = newline + 1
        }
        return nil
    }

    /// Whether a header field's name is Call-ID's, long or compact. Octets and no characters: every message is asked.
    private static func isCallID(_ name: ArraySlice<UInt8>) -> Bool {
        let name = trimmed(name)
        if name.count == 1 { return name.first.map { $0 | 0x20 } == UInt8(ascii: "i") }
        return name.count == callIDName.count && zip(name, callIDName).allSatisfy { $0 | 0x20 == $1 | 0x20 }
    }

    private static let callIDName = Array("Call-ID".utf8)

    /// Without the blanks around.
    private static func trimmed(_ octets: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        func isBlank(_ octet: UInt8) -> Bool { octet == 0x20 || octet == 0x09 }
        var octets = octets.drop(while: isBlank)
        while let last = octets.last, isBlank(last) { octets.removeLast() }
        return octets
    }
}
