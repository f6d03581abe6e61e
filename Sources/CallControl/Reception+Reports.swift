import DSP
import RTP
import Telephony

// What a party's media was like: for the record, and for reports to the far end.

extension Reception {
    /// What the network did to the media up to now.
    var quality: MediaQuality {
        let concealed = counts.playedFrames > 0 ? Double(counts.concealedFrames) / Double(counts.playedFrames) : 0
        return MediaQuality(
            received: Int(statistics.received), lost: Int(max(0, statistics.cumulativeLost)),
            late: jitterBuffer.counters.late, duplicates: jitterBuffer.counters.duplicates,
            jitter: rounded(Double(statistics.jitter) * 1_000 / Double(clockRate.ticksPerSecond), places: 100),
            playoutDelay: rounded(meanDelayInMilliseconds, places: 10), concealed: rounded(concealed, places: 10_000),
            mos: rounded(EModel.meanOpinionScore(rating: rating(concealed: concealed)), places: 100))
    }

    private func rounded(_ value: Double, places: Double) -> Double { (value * places).rounded() / places }

    private var meanDelayInMilliseconds: Double {
        counts.delaySamples > 0 ? Double(counts.delaySum.nanoseconds) / Double(counts.delaySamples) / 1e6 : 0
    }

    private func rating(concealed: Double) -> Double {
        let loss = statistics.expected > 0 ? Double(max(0, statistics.cumulativeLost)) / Double(statistics.expected) : 0
        return EModel.rating(
            delay: max(0, meanDelayInMilliseconds), loss: max(loss, concealed), burstRatio: statistics.burstRatio,
            codec: codec.robustness)
    }

    /// The block of a report about this stream; `nil` before it began.
    mutating func reportBlock() -> RTCPPacket.ReportBlock? {
        guard let ssrc = source.ssrc else { return nil }
        return RTCPPacket.ReportBlock(
            ssrc: ssrc, fractionLost: statistics.takeFractionLost(),
            cumulativeLost: Int32(truncatingIfNeeded: statistics.cumulativeLost),
            highestSequence: statistics.extendedHighestSequence,
            jitter: UInt32(truncatingIfNeeded: statistics.jitter), lastSenderReport: 0, delaySinceLastSenderReport: 0)
    }

    /// The VoIP metrics of this stream (RFC 3611 section 4.7); `nil` before it began.
    ///
    /// - Parameter roundTrip: as far as reports have told it.
    func voipMetrics(roundTrip: Interval?) -> RTCPPacket.VoIPMetrics? {
        guard let ssrc = source.ssrc else { return nil }
        let expected = Double(max(1, statistics.expected))
        let bursts = statistics.bursts.summary
        let concealed = counts.playedFrames > 0 ? Double(counts.concealedFrames) / Double(counts.playedFrames) : 0
        let rating = rating(concealed: concealed)
        let score = UInt8(clamping: Int((EModel.meanOpinionScore(rating: rating) * 10).rounded()))
        let delay = UInt16(clamping: Int(meanDelayInMilliseconds))
        var metrics = RTCPPacket.VoIPMetrics(ssrc: ssrc)
        metrics.lossRate = share(Double(max(0, statistics.cumulativeLost)) / expected)
        metrics.discardRate = share(Double(jitterBuffer.counters.late) / expected)
        metrics.burstDensity = share(bursts.burstDensity)
        metrics.gapDensity = share(bursts.gapDensity)
        metrics.burstDuration = UInt16(clamping: Int(min(65_535, bursts.burstLength * packetTime)))
        metrics.gapDuration = UInt16(clamping: Int(min(65_535, bursts.gapLength * packetTime)))
        metrics.roundTripDelay = UInt16(clamping: roundTrip?.milliseconds ?? 0)
        metrics.endSystemDelay = delay
        metrics.rFactor = UInt8(clamping: Int(rating.rounded()))
        metrics.mosLQ = score
        metrics.mosCQ = score
        metrics.playoutDelay = delay
        metrics.longestPlayoutDelay = UInt16(clamping: counts.longestDelay.milliseconds)
        metrics.playoutDelayLimit = UInt16(clamping: jitterBuffer.limits.maximum.milliseconds)
        return metrics
    }

    /// Milliseconds of the far end's packets.
    private var packetTime: Double { Double(lastDuration) * 1_000 / Double(clockRate.ticksPerSecond) }

    private func share(_ part: Double) -> UInt8 { UInt8(clamping: Int((part * 256).rounded())) }
}

extension Codec {
    fileprivate var robustness: EModel.CodecRobustness {
        switch self {
        case .pcmu, .pcma: .g711
        case .g722, .opus: .wideband
        case .l16: .linear
        }
    }
}
