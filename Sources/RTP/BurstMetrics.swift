/// Bursts and gaps of loss, as VoIP metrics tell them (RFC 3611 section 4.7.2 and appendix A.2).
///
/// A burst begins and ends with a lost or discarded packet and has no run of ``minimumGap`` good packets within.
package struct BurstMetrics: Sendable, Equatable {
    /// Gmin of RFC 3611.
    package static let minimumGap = 16

    // Transitions between the four states of appendix A.2.
    private var c11: Int64 = 0
    private var c13: Int64 = 0
    private var c14: Int64 = 0
    private var c22: Int64 = 0
    private var c23: Int64 = 0
    private var c33: Int64 = 0
    private var goodSinceLoss: Int64 = 0
    private var lossesInBurst: Int64 = 0

    package init() {}

    /// A packet was received and played.
    package mutating func received() { goodSinceLoss &+= 1 }

    /// A packet was lost, or came too late to be played.
    package mutating func missed() {
        if goodSinceLoss >= Int64(BurstMetrics.minimumGap) {
            if lossesInBurst == 1 { c14 &+= 1 } else { c13 &+= 1 }
            lossesInBurst = 1
            c11 &+= goodSinceLoss
        } else {
            lossesInBurst &+= 1
            if goodSinceLoss == 0 {
                c33 &+= 1
            } else {
                c23 &+= 1
                c22 &+= goodSinceLoss - 1
            }
        }
        goodSinceLoss = 0
    }

    /// What the transitions say.
    package struct Summary: Sendable, Equatable {
        /// Shares of packets missed, 0 to 1.
        package var burstDensity = 0.0
        package var gapDensity = 0.0
        /// Mean lengths in packets.
        package var burstLength = 0.0
        package var gapLength = 0.0
    }

    package var summary: Summary {
        let c31 = Double(c13)
        let c32 = Double(c23)
        var c11 = Double(c11)
        // The run that is still going on is part of a gap.
        if goodSinceLoss >= Int64(BurstMetrics.minimumGap) { c11 += Double(goodSinceLoss) }
        let total = c11 + Double(c13 + c14 + c22 + c23 + c33) + c31 + c32
        guard total > 0 else { return Summary() }
        let p32 = c31 + c32 + Double(c33) > 0 ? c32 / (c31 + c32 + Double(c33)) : 0
        let p23 = c22 + c23 > 0 ? 1 - Double(c22) / Double(c22 + c23) : 1
        var summary = Summary()
        summary.burstDensity = p23 + p32 > 0 ? p23 / (p23 + p32) : 0
        if c13 == 0 { summary.burstDensity = 0 }
        summary.gapDensity = c11 + Double(c14) > 0 ? Double(c14) / (c11 + Double(c14)) : 0
        let bursts = c31 > 0 ? c31 : 1
        summary.gapLength = (c11 + Double(c14) + Double(c13)) / bursts
        summary.burstLength = max(0, total / bursts - summary.gapLength)
        return summary
    }
}
