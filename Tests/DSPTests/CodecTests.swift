import Telephony
import Testing

@testable import DSP

@Suite("Codec")
struct CodecTests {
    @Test(
        "each codec has the numbers of its RFC",
        arguments: [
            (Codec.pcmu, 8_000, 8_000, UInt8?(0), "PCMU/8000", 160, 160),
            (.pcma, 8_000, 8_000, 8, "PCMA/8000", 160, 160),
            (.g722, 16_000, 8_000, 9, "G722/8000", 320, 160),
            (.opus, 48_000, 48_000, nil, "opus/48000/2", 960, 1_275),
            (.l16(sampleRate: 8_000), 8_000, 8_000, nil, "L16/8000", 160, 320),
            (.l16(sampleRate: 16_000), 16_000, 16_000, nil, "L16/16000", 320, 640),
            (.l16(sampleRate: 48_000), 48_000, 48_000, nil, "L16/48000", 960, 1_920),
        ] as [(Codec, Int, Int64, UInt8?, String, Int, Int)])
    func numbers(
        codec: Codec, rate: Int, clock: Int64, payloadType: UInt8?, rtpmap: String, samples: Int, octets: Int
    ) {
        #expect(codec.sampleRate == rate)
        #expect(codec.clockRate == ClockRate(clock))
        #expect(codec.staticPayloadType == payloadType)
        #expect(codec.rtpmap == rtpmap)
        #expect(codec.samplesPerTick == samples)
        #expect(codec.longestTickPayload == octets)
    }

    @Test(
        "the duration of a payload is in ticks of the RTP clock",
        arguments: [
            (Codec.pcmu, 160, Int64?(160)), (.pcma, 480, 480), (.g722, 160, 160), (.l16(sampleRate: 16_000), 640, 320),
            (.l16(sampleRate: 8_000), 321, nil), (.pcmu, 0, nil), (.pcmu, 961, nil),
            (.l16(sampleRate: 48_000), 11_522, nil),
        ])
    func durations(codec: Codec, octets: Int, ticks: Int64?) {
        let payload = [UInt8](repeating: 0, count: octets)
        #expect(codec.duration(of: payload.span) == ticks)
    }

    @Test(
        "the duration of an Opus packet follows from its table of contents",
        arguments: [
            ([0x00], Int64?(480)), ([0x08], 960), ([0x10], 1_920), ([0x18], 2_880), ([0x60], 480), ([0x68], 960),
            ([0x80], 120), ([0x88], 240), ([0x90], 480), ([0x98], 960), ([0x99], 1_920), ([0x9A], 1_920),
            ([0x9B, 0x03], 2_880), ([0x1B, 0x02], 5_760), ([0x1B, 0x03], nil), ([0x9B, 0x00], nil), ([0x9B], nil),
            ([], nil),
            ([0x83, 0x30], 5_760), ([0x83, 0x31], nil), ([0x83, 0xF0], 5_760),
        ] as [([UInt8], Int64?)])
    func opusDurations(packet: [UInt8], ticks: Int64?) {
        #expect(Codec.opus.duration(of: packet.span) == ticks)
    }

    @Test("100,000 random payloads neither trap a decoder nor overrun a frame")
    func randomPayloads() throws {
        let shares: [(codec: Codec, count: Int, longest: UInt64)] = [
            (.opus, 60_000, 160), (.pcmu, 10_000, 400), (.pcma, 10_000, 400), (.g722, 4_000, 200),
            (.l16(sampleRate: 8_000), 10_000, 400), (.l16(sampleRate: 48_000), 6_000, 1_000),
        ]
        for share in shares {
            var generator = SeededGenerator(seed: 20_26)
            var decoder = try AudioDecoder(share.codec)
            var frame = [Int16](repeating: 0, count: decoder.longestOutput)
            var heard = 0
            for _ in 0..<share.count {
                let length = Int(generator.next() % share.longest)
                var payload: [UInt8] = []
                while payload.count < length {
                    withUnsafeBytes(of: generator.next()) { payload.append(contentsOf: $0) }
                }
                payload.removeLast(payload.count - length)
                let offset = Int(generator.next() % 64)
                var target = frame.mutableSpan
                let choice = generator.next() % 8
                if choice == 0 {
                    decoder.conceal(Int(generator.next() % 200), into: &target, at: offset)
                } else if choice == 1 {
                    _ = decoder.recover(960, before: payload.span, into: &target, at: offset)
                } else if let count = decoder.decode(payload.span, into: &target, at: offset) {
                    #expect(count > 0 && count <= frame.count - offset)
                    heard += 1
                }
            }
            #expect(heard > share.count / 20, "\(share.codec)")
        }
    }

    @Test("L16 at a rate that is not spoken here is refused", arguments: [0, -1, 7_999, 11_025, 44_100, 96_000, .max])
    func unsupportedRate(rate: Int) {
        #expect(throws: CodecError.self) { _ = try AudioDecoder(.l16(sampleRate: rate)).longestOutput }
        #expect(throws: CodecError.self) { _ = try AudioEncoder(.l16(sampleRate: rate)).codec }
    }

    @Test("a payload that does not fit is refused", arguments: Codec.all)
    func noRoom(codec: Codec) throws {
        let payload = try Coding.encode([Int16](repeating: 0, count: codec.samplesPerTick), with: codec)[0]
        var decoder = try AudioDecoder(codec)
        var short = [Int16](repeating: 7, count: codec.samplesPerTick - 1)
        var target = short.mutableSpan
        #expect(decoder.decode(payload.span, into: &target) == nil)
        #expect(decoder.decode(payload.span, into: &target, at: -1) == nil)
        #expect(short.allSatisfy { $0 == 7 })
    }

    @Test("an encoder refuses what does not suit it", arguments: Codec.all)
    func refusedFrames(codec: Codec) throws {
        var encoder = try AudioEncoder(codec)
        let frame = [Int16](repeating: 0, count: codec.samplesPerTick)
        var tiny = [UInt8](repeating: 0, count: 1)
        var target = tiny.mutableSpan
        #expect(encoder.encode(frame.span, into: &target, at: 1) == 0)
        if codec != .opus { #expect(encoder.encode(frame.span, into: &target) == 0) }
        if codec == .opus || codec == .g722 {
            var room = [UInt8](repeating: 0, count: 2_000)
            var roomTarget = room.mutableSpan
            #expect(encoder.encode(frame.span.extracting(first: 159), into: &roomTarget) == 0)
        }
    }
}

@Suite("Codec round trip")
struct CodecRoundTripTests {
    @Test("a tone keeps its pitch, level and length", arguments: Codec.all, [400.0, 1_000, 2_500])
    func tone(codec: Codec, frequency: Double) throws {
        let rate = codec.sampleRate
        let tone = Signals.sine(frequency, dBm0: -12, sampleRate: rate, count: rate)
        let heard = try Coding.decode(Coding.encode(tone, with: codec), with: codec)
        #expect(heard.count == tone.count)
        // Whole periods of all frequencies.
        let part = heard[(rate / 5)..<(rate / 5 + rate / 2)]
        let level = Signals.dBm0(part)
        let pitch = Signals.dBm0(part, at: frequency, sampleRate: rate)
        #expect(abs(level + 12) < 0.5, "\(codec) at \(frequency) Hz: \(level) dBm0")
        #expect(abs(pitch + 12) < 0.5, "\(codec) at \(frequency) Hz: \(pitch) dBm0 at the frequency itself")
    }

    @Test("speech keeps its level, and comes as late as the codec says", arguments: Codec.all)
    func speech(codec: Codec) throws {
        let rate = codec.sampleRate
        let speech = Signals.speech(sampleRate: rate, count: rate)
        let heard = try Coding.decode(Coding.encode(speech, with: codec), with: codec)
        let difference = Signals.dBm0(heard[...]) - Signals.dBm0(speech[...])
        #expect(abs(difference) < 0.5, "\(codec): \(difference) dB")
        let span = rate / 5..<rate * 4 / 5
        var best = (lag: -1, ratio: -100.0)
        for lag in max(0, codec.delayInSamples - 8)...(codec.delayInSamples + 8) {
            let ratio = Signals.ratio(
                of: speech[span], toErrorOf: heard[(span.lowerBound + lag)..<(span.upperBound + lag)])
            if ratio > best.ratio { best = (lag, ratio) }
        }
        // Opus filters too: its speech is delayed by a little more or less than the whole.
        #expect(abs(best.lag - codec.delayInSamples) <= (codec == .opus ? 5 : 0), "\(codec): \(best.lag)")
        #expect(best.ratio > (codec == .opus ? 6 : 15), "\(codec): \(best.ratio) dB")
    }

    @Test("payloads of 10, 40 and 60 ms are decoded as those of 20 ms are", arguments: Codec.all)
    func packetTimes(codec: Codec) throws {
        guard codec != .opus else { return }
        let speech = Signals.speech(sampleRate: codec.sampleRate, count: codec.sampleRate * 6 / 10)
        let octets = try Coding.encode(speech, with: codec).flatMap { $0 }
        let expected = try Coding.decode(Coding.encode(speech, with: codec), with: codec)
        for milliseconds in [10, 40, 60] {
            let size = codec.longestTickPayload * milliseconds / 20
            let payloads = stride(from: 0, to: octets.count, by: size).map { Array(octets[$0..<($0 + size)]) }
            #expect(try Coding.decode(payloads, with: codec) == expected)
        }
    }

    @Test("Opus takes frames of 10, 40 and 60 ms", arguments: [10, 20, 40, 60])
    func opusFrames(milliseconds: Int) throws {
        var encoder = try AudioEncoder(.opus)
        var decoder = try AudioDecoder(.opus)
        let speech = Signals.speech(sampleRate: 48_000, count: 48 * milliseconds)
        var payload = [UInt8](repeating: 0, count: 1_500)
        var target = payload.mutableSpan
        let octets = encoder.encode(speech.span, into: &target)
        let packet = Array(payload[0..<octets])
        #expect(Codec.opus.duration(of: packet.span) == Int64(48 * milliseconds))
        #expect(Coding.decode(packet, by: &decoder).count == 48 * milliseconds)
    }

    @Test("two runs give the same octets and samples", arguments: Codec.all)
    func deterministic(codec: Codec) throws {
        let speech = Signals.speech(sampleRate: codec.sampleRate, count: codec.sampleRate / 2)
        let payloads = try Coding.encode(speech, with: codec)
        #expect(try Coding.encode(speech, with: codec) == payloads)
        #expect(try Coding.decode(payloads, with: codec) == Coding.decode(payloads, with: codec))
    }

    @Test("after a reset a decoder is as new", arguments: Codec.all)
    func reset(codec: Codec) throws {
        let payloads = try Coding.encode(Signals.speech(sampleRate: codec.sampleRate, count: 9_600), with: codec)
        var decoder = try AudioDecoder(codec)
        let first = payloads.flatMap { Coding.decode($0, by: &decoder) }
        _ = Coding.conceal(codec.samplesPerTick, by: &decoder)
        decoder.reset()
        #expect(payloads.flatMap { Coding.decode($0, by: &decoder) } == first)
    }
}
