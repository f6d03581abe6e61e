/// Predicted quality of a conversation by the E-model (ITU-T G.107), from what the network did to the media.
package enum EModel {
    /// How a codec bears loss (ITU-T G.113 appendix I).
    package struct CodecRobustness: Sendable, Equatable {
        /// Equipment impairment without loss, Ie.
        package var impairment: Double
        /// Packet-loss robustness, Bpl.
        package var lossRobustness: Double

        package init(impairment: Double, lossRobustness: Double) {
            self.impairment = impairment
            self.lossRobustness = lossRobustness
        }

        /// G.711 with concealment of 10 ms packets (G.113 table I.4).
        package static let g711 = CodecRobustness(impairment: 0, lossRobustness: 25.1)
        /// Linear PCM without loss is at least as good as G.711; no value is published.
        package static let linear = CodecRobustness(impairment: 0, lossRobustness: 25.1)
        /// G.722 at 64 kbit/s and Opus in this narrow-band scale: no worse than G.711; no value is published for it.
        package static let wideband = CodecRobustness(impairment: 0, lossRobustness: 20)
    }

    /// The rating R for default terminals and rooms.
    ///
    /// - Parameters:
    ///   - delay: mouth to ear, one way, in milliseconds.
    ///   - loss: packets lost or late, 0 to 1.
    ///   - burstRatio: 1 for random loss, more when losses come together.
    package static func rating(
        delay: Double, loss: Double, burstRatio: Double, codec: CodecRobustness
    ) -> Double {
        // G.107 clause 7.4 in the approximation of its delay impairment that holds below 400 ms without echo.
        let delayImpairment = 0.024 * delay + (delay > 177.3 ? 0.11 * (delay - 177.3) : 0)
        let percent = max(0, min(100, loss * 100))
        let equipment =
            codec.impairment
            + (95 - codec.impairment) * percent / (percent / max(1, burstRatio) + codec.lossRobustness)
        return max(0, min(100, 93.2 - delayImpairment - equipment))
    }

    /// The mean opinion score for a rating (G.107 annex B), 1 to 4.5.
    package static func meanOpinionScore(rating: Double) -> Double {
        if rating <= 6.5 { return 1 }
        if rating >= 100 { return 4.5 }
        return 1 + 0.035 * rating + rating * (rating - 60) * (100 - rating) * 7e-6
    }
}
