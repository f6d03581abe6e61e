/// Ports from one to another, as they are written: `10000-13999`.
package struct PortRange: Sendable, Equatable {
    package let ports: ClosedRange<UInt16>

    /// - Returns: `nil` unless two ports from 1024 on are named, the first below the last.
    package init?(_ text: String) {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 2, let first = UInt16(parts[0]), let last = UInt16(parts[1]), first >= 1_024, first < last
        else { return nil }
        ports = first...last
    }
}
