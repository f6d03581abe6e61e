/// A line of the DTMF suite: how keys are made, and whether they are to be heard. Each key draws its own values.
package struct DTMFCondition: Sendable {
    package var name: String
    /// Whether each key is to be heard, or nothing at all.
    package var isHeard = true
    package var sampleRate = 8_000
    package var channel = Channel.linear
    /// Length of the keys and of the pauses behind them, in milliseconds.
    package var on = 50.0...50.0
    package var off = 50.0...50.0
    /// The least and the most by which both frequencies are off, as a share; each of either sign.
    package var error = 0.0...0.0
    /// Which of the two tones is off; the other one is right.
    package var offTones = Tones.both
    /// Which of the two tones sounds.
    package var sounding = Tones.both
    /// High group over low group, in dB.
    package var twist = 0.0...0.0
    /// Level of the louder tone, in dBm0.
    package var level = -10.0...(-10.0)
    /// Both tones over white noise, in dB; `nil` for none.
    package var signalToNoise: Double?
    /// Level of either frequency of a dial tone of 350 and 440 Hz under the keys, in dBm0; `nil` for none.
    package var dialTone: Double?
    /// Speech-like echo under the keys, in dB below them; `nil` for none.
    package var echo: Double?
    /// A silence in the middle of each key, in milliseconds.
    package var rupture = 0.0
    /// Draw only the ends of the ranges.
    package var isExtreme = false

    package enum Tones: Sendable {
        case both
        case low
        case high
        /// One or the other.
        case either
    }

    package init(_ name: String, _ change: (inout DTMFCondition) -> Void = { _ in }) {
        self.name = name
        change(&self)
    }
}

extension DTMFCondition {
    /// The grid within the limits of ITU-T Q.24 and of laboratories.
    package static let inside: [DTMFCondition] =
        durations + frequencies + twists + levels + noises + channels + disturbances + together

    private static let durations = [40.0, 50, 70, 100].map { length in
        DTMFCondition("\(Int(length)) ms") {
            $0.on = length...length
            $0.off = length...length
        }
    }

    private static let frequencies = [
        DTMFCondition("±1.5 % of frequency") {
            $0.error = 0.015...0.015
        },
        DTMFCondition("±1.5 %, 40 ms, 20 dB") {
            $0.error = 0.015...0.015
            $0.on = 40...40
            $0.off = 40...40
            $0.signalToNoise = 20
        },
        DTMFCondition("±1.5 %, 40 ms, 15 dB") {
            $0.error = 0.015...0.015
            $0.on = 40...40
            $0.off = 40...40
            $0.signalToNoise = 15
        },
    ]

    private static let twists = [4.0, -8].flatMap { twist in
        [40.0, 50].map { length in
            DTMFCondition("twist \(Int(twist)) dB, \(Int(length)) ms") {
                $0.twist = twist...twist
                $0.on = length...length
                $0.off = length...length
            }
        }
    }

    private static let levels = [0.0, -20, -30, -36].map { level in
        DTMFCondition("\(Int(level)) dBm0") { $0.level = level...level }
    }

    private static let noises = [20.0, 15, 10].map { ratio in
        DTMFCondition("\(Int(ratio)) dB of noise, 40 ms") {
            $0.signalToNoise = ratio
            $0.on = 40...40
            $0.off = 40...40
        }
    }

    private static let channels: [DTMFCondition] =
        [.pcmu, .pcma, .g722, .opus(16_000), .opus(24_000), .opus(64_000)].map { (channel: Channel) in
            DTMFCondition("\(channel.name), 40 ms") {
                $0.channel = channel
                $0.sampleRate = channel.sampleRate ?? 8_000
                $0.on = 40...40
                $0.off = 40...40
            }
        }
        + [16_000, 48_000].map { rate in
            DTMFCondition("\(rate / 1_000) kHz, 40 ms") {
                $0.sampleRate = rate
                $0.on = 40...40
                $0.off = 40...40
            }
        }

    private static let disturbances = [
        DTMFCondition("dial tone as loud") {
            $0.dialTone = -10
        },
        DTMFCondition("dial tone 10 dB louder") {
            $0.level = -20...(-20)
            $0.dialTone = -10
        },
        DTMFCondition("dial tone 10 dB louder, 40 ms, 15 dB") {
            $0.level = -20...(-20)
            $0.dialTone = -10
            $0.on = 40...60
            $0.off = 40...60
            $0.error = 0.015...0.015
            $0.signalToNoise = 15
        },
        DTMFCondition("dial tone, all limits at once") {
            limits(&$0)
            $0.isExtreme = true
            $0.level = -20...(-10)
            $0.dialTone = -15
        },
        DTMFCondition("echo of speech at -20 dB") {
            $0.echo = 20
        },
        DTMFCondition("echo of speech at -20 dB, 40 ms, ±1.5 %") {
            $0.echo = 20
            $0.error = 0.015...0.015
            $0.on = 40...40
            $0.off = 40...40
        },
        DTMFCondition("break of 10 ms") {
            $0.on = 100...100
            $0.rupture = 10
        },
        DTMFCondition("break of 10 ms, 15 dB") {
            $0.on = 90...90
            $0.rupture = 10
            $0.signalToNoise = 15
        },
    ]

    private static let together: [DTMFCondition] =
        [Channel.linear, .pcmu, .pcma].map { channel in
            DTMFCondition("all limits at once, \(channel.name)") {
                $0.channel = channel
                $0.isExtreme = true
                limits(&$0)
            }
        }
        + [Channel.linear, .pcmu, .pcma, .g722, .opus(16_000), .opus(24_000)].map { channel in
            DTMFCondition("anywhere within, \(channel.name)") {
                $0.channel = channel
                $0.sampleRate = channel.sampleRate ?? 8_000
                limits(&$0)
            }
        }

    private static func limits(_ condition: inout DTMFCondition) {
        condition.on = 40...60
        condition.off = 40...60
        condition.error = 0...0.015
        condition.twist = -8...4
        condition.level = -36...0
        condition.signalToNoise = 15
    }

    /// What no key is: nothing may be heard.
    package static let outside: [DTMFCondition] = tooShort + wrongFrequencies + singles + coded

    /// The same through codecs, which must not make keys of it.
    private static let coded = [Channel.pcmu, .opus(16_000), .opus(24_000)].flatMap { channel in
        [
            DTMFCondition("20 ms, \(channel.name)") {
                $0.on = 20...20
                $0.off = 30...70
            },
            DTMFCondition("both off by 3.5 % to 6 %, \(channel.name)") {
                $0.on = 40...100
                $0.error = 0.035...0.06
                $0.isExtreme = true
            },
            DTMFCondition("one tone, \(channel.name)") {
                $0.on = 40...400
                $0.sounding = .either
            },
        ].map { condition in
            var condition = condition
            condition.isHeard = false
            condition.channel = channel
            condition.sampleRate = channel.sampleRate ?? 8_000
            return condition
        }
    }

    private static let tooShort = [nil, 15, 10].map { (noise: Double?) in
        DTMFCondition("20 ms" + (noise.map { ", \(Int($0)) dB" } ?? "")) {
            $0.isHeard = false
            $0.on = 20...20
            $0.twist = -8...4
            $0.level = -36...0
            $0.signalToNoise = noise
        }
    }

    private static let wrongFrequencies: [DTMFCondition] = [
        (Tones.both, nil), (.either, nil), (.both, 15), (.either, 15), (.either, 10),
    ].map { (tones: Tones, noise: Double?) in
        DTMFCondition(
            "\(tones == .both ? "both" : "one") off by 3.5 % to 6 %" + (noise.map { ", \(Int($0)) dB" } ?? "")
        ) {
            $0.isHeard = false
            $0.error = 0.035...0.06
            $0.on = 40...100
            $0.offTones = tones
            $0.twist = -8...4
            $0.signalToNoise = noise
            $0.isExtreme = true
        }
    }

    private static let singles = [nil, 15].map { (noise: Double?) in
        DTMFCondition("one tone" + (noise.map { ", \(Int($0)) dB" } ?? "")) {
            $0.isHeard = false
            $0.sounding = .either
            $0.on = 40...400
            $0.level = -30...0
            $0.signalToNoise = noise
        }
    }
}
