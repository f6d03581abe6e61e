/// An audio encoding as SDP names it.
package struct AudioFormat: Sendable, Hashable {
    /// In its registered spelling.
    package var name: String
    /// The RTP clock, in hertz.
    package var clockRate: Int
    package var channels: Int

    package init(name: String, clockRate: Int, channels: Int = 1) {
        self.name = name
        self.clockRate = clockRate
        self.channels = channels
    }

    package static let pcmu = AudioFormat(name: "PCMU", clockRate: 8_000)
    package static let pcma = AudioFormat(name: "PCMA", clockRate: 8_000)
    /// The clock of G.722 is 8,000 Hz by an old mistake (RFC 3551 section 4.5.2).
    package static let g722 = AudioFormat(name: "G722", clockRate: 8_000)
    /// Always two channels in SDP (RFC 7587 section 7).
    package static let opus = AudioFormat(name: "opus", clockRate: 48_000, channels: 2)
    package static func l16(sampleRate: Int) -> AudioFormat { AudioFormat(name: "L16", clockRate: sampleRate) }
    package static func telephoneEvent(clockRate: Int) -> AudioFormat {
        AudioFormat(name: "telephone-event", clockRate: clockRate)
    }
    package static func comfortNoise(clockRate: Int) -> AudioFormat { AudioFormat(name: "CN", clockRate: clockRate) }

    /// Samples a second of the audio itself.
    package var sampleRate: Int { name.equalsIgnoringCase("G722") ? 16_000 : clockRate }

    /// Whether both are one encoding; names are compared without regard to case (RFC 4855 section 3).
    package func isSame(as other: AudioFormat) -> Bool {
        name.equalsIgnoringCase(other.name) && clockRate == other.clockRate && channels == other.channels
    }

    /// The payload type that RFC 3551 section 6 assigns.
    package var staticPayloadType: UInt8? {
        switch self {
        case .pcmu: 0
        case .pcma: 8
        case .g722: 9
        case .comfortNoise(clockRate: 8_000): 13
        default: nil
        }
    }

    /// The encoding of a payload type without `rtpmap`.
    static func assigned(to payloadType: UInt8) -> AudioFormat? {
        switch payloadType {
        case 0: .pcmu
        case 8: .pcma
        case 9: .g722
        case 10: AudioFormat(name: "L16", clockRate: 44_100, channels: 2)
        case 11: .l16(sampleRate: 44_100)
        case 13: .comfortNoise(clockRate: 8_000)
        default: nil
        }
    }

    /// Reads the part of an `rtpmap` behind the payload type.
    init?(rtpmap: Substring) {
        let parts = rtpmap.split(separator: "/", omittingEmptySubsequences: false)
        guard (2...3).contains(parts.count), !parts[0].isEmpty, let clockRate = Int(parts[1]),
            (1...384_000).contains(clockRate)
        else { return nil }
        var channels = 1
        if parts.count == 3 {
            guard let count = Int(parts[2]), (1...255).contains(count) else { return nil }
            channels = count
        }
        self.init(name: String(parts[0]), clockRate: clockRate, channels: channels)
    }

    var rtpmap: String { "\(name)/\(clockRate)" + (channels > 1 ? "/\(channels)" : "") }

    /// The format parameters that Parley offers and answers with.
    var formatParameters: String? {
        switch name {
        case "telephone-event": "0-15"
        case "opus": "useinbandfec=1; stereo=0; sprop-stereo=0"
        default: nil
        }
    }
}

/// The formats of a medium with their payload types, as its lines say them.
struct PayloadMap: Sendable {
    struct Entry: Sendable {
        var payloadType: UInt8
        var format: AudioFormat
        var parameters: String?
    }

    private(set) var entries: [Entry] = []

    /// In the order of the `m=` line; formats without a meaning are left out, `nil` when one is no payload type at all.
    init?(_ medium: SessionDescription.Media) {
        var formats: [UInt8: AudioFormat] = [:]
        for value in medium.attributes(named: "rtpmap") {
            let parts = value.split(separator: " ")
            guard parts.count >= 2, let type = PayloadMap.payloadType(parts[0]) else { return nil }
            if parts.count == 2, let format = AudioFormat(rtpmap: parts[1]) { formats[type] = format }
        }
        var parameters: [UInt8: String] = [:]
        for value in medium.attributes(named: "fmtp") {
            let parts = value.split(separator: " ", maxSplits: 1)
            guard parts.count == 2, let type = PayloadMap.payloadType(parts[0]) else { continue }
            parameters[type] = String(parts[1])
        }
        for text in medium.formats {
            guard let type = PayloadMap.payloadType(Substring(text)) else { return nil }
            guard let format = formats[type] ?? AudioFormat.assigned(to: type) else { continue }
            entries.append(Entry(payloadType: type, format: format, parameters: parameters[type]))
        }
    }

    private static func payloadType(_ text: Substring) -> UInt8? {
        guard text.utf8.allSatisfy(\.isDigit), let type = UInt8(text), type < 128 else { return nil }
        return type
    }

    func entry(of format: AudioFormat) -> Entry? { entries.first { $0.format.isSame(as: format) } }
}
