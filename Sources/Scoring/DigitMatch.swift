package import Telephony

/// A key that a detector heard, in seconds.
package struct HeardDigit: Sendable, Hashable {
    package var digit: Digit
    package var start: Double

    package init(digit: Digit, start: Double) {
        self.digit = digit
        self.start = start
    }
}

/// Keys that were heard against keys that were pressed.
package struct DigitMatch: Sendable {
    package var pressed = 0
    package var right = 0
    /// Another key was heard in its place.
    package var wrong = 0
    package var missed = 0
    /// Heard again within the same press.
    package var doubled = 0
    /// Heard where no key was pressed.
    package var extra = 0
    /// Errors of the time of the key going down, in seconds, of those that are right.
    package var startErrors: [Double] = []
    /// Of each press, whether it was heard once, right, and nothing else with it.
    package var isPerfect: [Bool] = []

    package init() {}

    /// Both in the order of time.
    ///
    /// - Parameter tolerance: by how much before the press and after its end a key may be dated, in seconds.
    package init(_ heard: [HeardDigit], against presses: [DTMFSuite.Press], tolerance: Double = 0.02) {
        pressed = presses.count
        var next = 0
        for press in presses {
            let extraBefore = extra
            while next < heard.count, heard[next].start < press.start - tolerance {
                extra += 1
                next += 1
            }
            var isFirst = true
            let before = (right, doubled)
            while next < heard.count, heard[next].start < press.end + tolerance {
                count(heard[next], press, isFirst: isFirst)
                isFirst = false
                next += 1
            }
            if isFirst { missed += 1 }
            isPerfect.append(right == before.0 + 1 && doubled == before.1 && extra == extraBefore)
        }
        extra += heard.count - next
    }

    private mutating func count(_ heard: HeardDigit, _ press: DTMFSuite.Press, isFirst: Bool) {
        if !isFirst {
            doubled += heard.digit == press.digit ? 1 : 0
            extra += heard.digit == press.digit ? 0 : 1
        } else if heard.digit == press.digit {
            right += 1
            startErrors.append(heard.start - press.start)
        } else {
            wrong += 1
        }
    }

    /// The share of strings of ten keys that came out right, whole; 1 when there are none.
    package var stringAccuracy: Double {
        let strings = stride(from: 0, to: isPerfect.count, by: 10).map { start in
            isPerfect[start..<min(start + 10, isPerfect.count)].allSatisfy { $0 }
        }
        return strings.isEmpty ? 1 : Double(strings.count { $0 }) / Double(strings.count)
    }

    package static func += (a: inout DigitMatch, b: DigitMatch) {
        a.pressed += b.pressed
        a.right += b.right
        a.wrong += b.wrong
        a.missed += b.missed
        a.doubled += b.doubled
        a.extra += b.extra
        a.startErrors += b.startErrors
        a.isPerfect += b.isPerfect
    }
}
