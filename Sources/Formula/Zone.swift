import Foundation
import Telephony

/// A time zone, between the caller's clock and the time on the wall.
struct Zone: Sendable {
    private let zone: TimeZone?

    /// A zone by its identifier in the tz database; UTC when there is none of that name.
    init(_ identifier: String) {
        zone = identifier == "UTC" ? nil : TimeZone(identifier: identifier)
    }

    /// Milliseconds that the clock is before UTC at a moment, in milliseconds since 1970.
    private func offset(at milliseconds: Int64) -> Int64 {
        guard let zone else { return 0 }
        return Int64(zone.secondsFromGMT(for: Date(timeIntervalSince1970: Double(milliseconds) / 1_000))) * 1_000
    }

    private static let epoch = LocalTime.unixEpochInDays * LocalTime.millisecondsPerDay

    /// What the clock shows at a moment.
    func local(_ time: WallTime) -> LocalTime {
        LocalTime(
            milliseconds: time.millisecondsSince1970 &+ offset(at: time.millisecondsSince1970) &+ Zone.epoch)
    }

    /// The moment at which the clock shows a time: the earlier one where it shows it twice.
    func moment(_ time: LocalTime) -> WallTime {
        let shown = time.milliseconds &- Zone.epoch
        let guess = shown &- offset(at: shown)
        return WallTime(millisecondsSince1970: shown &- offset(at: guess))
    }

    /// Minutes from UTC back to the clock, as Power Fx counts: west is positive.
    func offsetInMinutes(at time: LocalTime) -> Int {
        Int((moment(time).millisecondsSince1970 &- (time.milliseconds &- Zone.epoch)) / 60_000)
    }
}
